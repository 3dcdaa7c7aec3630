package transport_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/local"
	"github.com/musterhq/muster/transport/wire"
)

// runnerHere opens a session with a runner that is a child process of the benchmark.
func runnerHere(b *testing.B) *transport.Session {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	conn, err := local.Dialer{Runner: []string{exe, "runner"}}.Dial(b.Context(), transport.Target{Name: "here"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	s, err := transport.Open(b.Context(), conn, transport.Target{Name: "here"}, nil, "1")
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkTask is what a converged task costs besides its module: one frame each way through a real process.
func BenchmarkTask(b *testing.B) {
	s := runnerHere(b)
	args := map[string]any{"path": "/etc/motd", "mode": "0644", "owner": "root", "state": "file"}
	for b.Loop() {
		if err := s.Do(b.Context(), &wire.Request{Module: "hello", Items: []wire.Item{{Args: args}}}, nil, func(*wire.Response) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Remote().PID))
	if err == nil {
		b.Logf("runner: %s", memory(string(status)))
	}
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.Remote().PID)); err == nil {
		var user, system int
		fields := strings.Fields(string(stat))
		if _, err := fmt.Sscan(fields[13]+" "+fields[14], &user, &system); err == nil {
			b.ReportMetric(float64(user+system)*1e7/float64(b.N), "runner-cpu-ns/op")
		}
	}
}

// BenchmarkLoop is a task of 1,000 items.
func BenchmarkLoop(b *testing.B) {
	s := runnerHere(b)
	items := make([]wire.Item, 1000)
	for i := range items {
		items[i] = wire.Item{Args: map[string]any{"path": fmt.Sprintf("/tmp/f%d", i), "state": "touch"}}
	}
	for b.Loop() {
		n := 0
		if err := s.Do(b.Context(), &wire.Request{Module: "hello", Items: items}, nil, func(*wire.Response) { n++ }); err != nil || n != len(items) {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkStart is how long a runner takes from its start to its first answer and its end.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s := runnerHere(b)
		if err := s.Do(b.Context(), &wire.Request{Module: "hello", Items: []wire.Item{{}}}, nil, func(*wire.Response) {}); err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}

// memory picks the lines about memory and threads from a process's status.
func memory(status string) string {
	var found []string
	for line := range strings.SplitSeq(status, "\n") {
		if strings.HasPrefix(line, "VmRSS:") || strings.HasPrefix(line, "Threads:") {
			found = append(found, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(found, ", ")
}
