package ssh

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

// BenchmarkManyHosts holds connections to many hosts in memory at once and reports what one costs, both ends together.
// MUSTER_SSH_COUNT says how many; 200 otherwise.
func BenchmarkManyHosts(b *testing.B) {
	count := 200
	if n, err := strconv.Atoi(os.Getenv("MUSTER_SSH_COUNT")); err == nil {
		count = n
	}
	home := b.TempDir()
	key, path := benchKey(b, home)
	servers := make([]*simhost.Server, count)
	for i := range servers {
		servers[i] = start(b, simhost.Options{AuthorizedKeys: []ssh.PublicKey{key}, InMemory: true, Exec: simhost.Shell(home)})
	}
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		begin := time.Now()
		conns := dialAll(b, home, path, servers)
		b.ReportMetric(float64(time.Since(begin).Microseconds())/float64(count), "µs/host")
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/1024/float64(count), "KiB/host")
		for _, c := range conns {
			c.Close()
		}
	}
}

func dialAll(b *testing.B, home, key string, servers []*simhost.Server) []transport.Conn {
	b.Helper()
	conns := make([]transport.Conn, len(servers))
	slots := newSemaphore(64)
	var wait sync.WaitGroup
	for i, s := range servers {
		d := NewDialer(Options{Home: home, User: "me", SystemDir: home, DialContext: s.DialContext})
		wait.Go(func() {
			if err := slots.acquire(b.Context()); err != nil {
				b.Error(err)
				return
			}
			defer slots.release()
			t := transport.Target{Name: "h", Host: fmt.Sprintf("h%d", i), User: "u", KeyFile: key, HostKeys: transport.HostKeyOff}
			c, err := d.Dial(b.Context(), t)
			if err != nil {
				b.Error(err)
				return
			}
			conns[i] = c
		})
	}
	wait.Wait()
	return conns
}
