package scale

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/demo"
	"github.com/musterhq/muster/internal/pty"
	"github.com/musterhq/muster/modules/all"
)

// BenchmarkFleetWatched runs muster itself on a terminal of 200 x 50, against simulated hosts of this process (MUSTER_FLEET,
// 2000), in turns as text and under the live view, and reports the CPU that the controller took for each and the share of
// the view.
func BenchmarkFleetWatched(b *testing.B) {
	n := 2000
	if v, err := strconv.Atoi(os.Getenv("MUSTER_FLEET")); err == nil {
		n = v
	}
	site, err := demo.Start(demo.Options{Hosts: n, Modules: all.All(), Version: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = site.Close() })
	if err := os.WriteFile(filepath.Join(site.Dir, "watched.yml"), []byte(converged), 0o600); err != nil {
		b.Fatal(err)
	}
	program := filepath.Join(site.Dir, "muster")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/muster").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	onTerminal(b, site, program)
	var text, watched time.Duration
	b.ResetTimer()
	for b.Loop() {
		text += onTerminal(b, site, program)
		watched += onTerminal(b, site, program, "--tui")
	}
	b.ReportMetric(text.Seconds()/float64(b.N), "text-cpu-s/run")
	b.ReportMetric(watched.Seconds()/float64(b.N), "view-cpu-s/run")
	b.ReportMetric(100*(watched.Seconds()-text.Seconds())/watched.Seconds(), "view-%")
}

// onTerminal runs the play and returns the CPU that it took; a view is left when it says that the run is over.
func onTerminal(b *testing.B, site *demo.Site, program string, flags ...string) time.Duration {
	b.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer master.Close()
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200}); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"run", "-i", "hosts.ini", "watched.yml", "--forks", "64"}, flags...)...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = site.Dir, slave, slave, slave
	cmd.Env = append(os.Environ(), "ANSIBLE_CONFIG="+site.Config, "MUSTER_HISTORY=off", "TERM=xterm-256color", "XDG_STATE_HOME="+site.Dir)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	_ = slave.Close() // the program has its own
	var tail []byte
	for some := make([]byte, 64<<10); ; {
		n, err := master.Read(some)
		if err != nil {
			break // nobody has the terminal any more
		}
		tail = append(tail[max(0, len(tail)-16):], some[:n]...)
		if len(flags) > 0 && bytes.Contains(tail, []byte("DONE in")) {
			if _, err := master.WriteString("q"); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%v: %s", err, tail)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
