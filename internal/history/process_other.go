//go:build !linux

package history

import (
	"os"
	"runtime"
	"syscall"
)

// machine names this machine.
func machine() string {
	name, _ := os.Hostname() //nolint:errcheck // one name is enough
	return name
}

// startOf is unknown here.
func startOf(int) int64 { return 0 }

// lives reports whether there is a process of that number.
func lives(pid int, _ int64) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return runtime.GOOS == "windows" || p.Signal(syscall.Signal(0)) == nil
}
