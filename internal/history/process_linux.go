package history

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// machine names this machine since it was started, and the PID namespace of this process.
func machine() string {
	name, _ := os.Hostname()                                  //nolint:errcheck // the rest tells enough
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") //nolint:errcheck // likewise
	space, _ := os.Readlink("/proc/self/ns/pid")              //nolint:errcheck // likewise
	return strings.Join([]string{name, strings.TrimSpace(string(boot)), space}, " ")
}

// startOf is when a process was started, in ticks since the machine was; 0 when there is no such process.
func startOf(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text[bytes.LastIndexByte(text, ')')+1:], []byte(" "))
	fields := bytes.Fields(rest)
	if len(fields) < 20 {
		return 0
	}
	n, _ := strconv.ParseInt(string(fields[19]), 10, 64) //nolint:errcheck // the kernel writes numbers
	return n
}

// lives reports whether the process that was started then is still there.
func lives(pid int, start int64) bool { return start != 0 && startOf(pid) == start }
