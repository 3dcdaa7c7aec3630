package ssh

import (
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

// BenchmarkConnect connects to ten hosts at once and runs a command on each. The hosts are in this process, which does
// both ends' work, unless MUSTER_SSH_HOSTS (addresses with commas) and MUSTER_SSH_KEY name real ones.
func BenchmarkConnect(b *testing.B) {
	var targets []transport.Target
	home := b.TempDir()
	if hosts := os.Getenv("MUSTER_SSH_HOSTS"); hosts != "" {
		for _, h := range strings.Split(hosts, ",") {
			targets = append(targets, transport.Target{Name: h, Host: h, User: "root", KeyFile: os.Getenv("MUSTER_SSH_KEY")})
		}
	} else {
		key, path := benchKey(b, home)
		for range 10 {
			s := start(b, simhost.Options{AuthorizedKeys: []ssh.PublicKey{key}, Exec: simhost.Shell(home)})
			targets = append(targets, transport.Target{Name: "sim", Host: "127.0.0.1", Port: s.Port(), User: "u", KeyFile: path})
		}
	}
	for i := range targets {
		targets[i].HostKeys = transport.HostKeyAcceptNew
	}
	for b.Loop() {
		d := NewDialer(Options{Home: home, User: "me", SystemDir: home})
		var wait sync.WaitGroup
		for _, t := range targets {
			wait.Go(func() {
				c, err := d.Dial(b.Context(), t)
				if err != nil {
					b.Error(err)
					return
				}
				if out, code := run(b, c, "echo ok", ""); out != "ok\n" || code != 0 {
					b.Errorf("%q %d", out, code)
				}
				c.Close()
			})
		}
		wait.Wait()
	}
}
