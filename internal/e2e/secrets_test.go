//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/docs"
)

// hostSampler lists the arguments of all processes of a host, over and over, until it is told to stop.
const hostSampler = `rm -f /tmp/sampled /tmp/stop; touch /tmp/sampled; cat > /tmp/sampler <<'END'
while ! test -e /tmp/stop; do
  sleep 0.05
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -aF -e Tigris -e tok_8f41 -e Marble -e c2lnbmluZy -e session- | grep -av grep >> /tmp/sampled
done
END
setsid sh /tmp/sampler > /dev/null 2>&1 < /dev/null & echo sampling`

// mayHold are the files of the host that the example's tasks write secrets into.
var mayHold = []string{"/etc/notes/notes.env", "/etc/notes/signing.key", "/etc/notes/extra.env", "/etc/notes/session.key", "/etc/notes/session.copy"}

// TestSecretsLeaveNothing runs examples/secrets in every form of output, under the live view too, and greps everything that
// these runs leave anywhere, on both sides, for the secrets.
func TestSecretsLeaveNothing(t *testing.T) {
	hosts, env := labHosts(t)
	dir := t.TempDir()
	if err := docs.CopyProject(dir, filepath.Join(top(t), "examples", "secrets"), hosts); err != nil {
		t.Fatal(err)
	}
	state, temporary := t.TempDir(), t.TempDir()
	looking := append(append([]string{}, env...), "XDG_STATE_HOME="+t.TempDir(), "MUSTER_HISTORY=off", "ANSIBLE_TIMEOUT=120") // what tests look at is shown to them
	env = append(env, "XDG_STATE_HOME="+state, "TMPDIR="+temporary, "ANSIBLE_TIMEOUT=120")
	on := func(command string) string {
		out := play(t, dir, looking, muster(t), "exec", "app1", "-m", "raw", "-a", command)
		if out.code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", command, out.code, out.stdout, out.stderr)
		}
		return out.stdout
	}
	clean := "rm -f /run/nologin; pkill -u notes-operator; userdel -r notes-operator; userdel notes; rm -rf /etc/notes /etc/sudoers.d/notes-operator; true"
	on(clean + "; which sudo")
	t.Cleanup(func() { on("touch /tmp/stop; " + clean) })
	on(hostSampler)
	stop := sampleController(t)

	left := map[string]string{}
	exits := func(code int, name string, args ...string) {
		t.Helper()
		out := play(t, dir, env, muster(t), args...)
		if out.code != code {
			t.Fatalf("%s: exit code %d, not %d\n%s%s", name, out.code, code, out.stdout, out.stderr)
		}
		left[name] = out.stdout + out.stderr
	}
	run := func(name string, args ...string) {
		t.Helper()
		exits(0, name, args...)
	}
	env = append(env, "ANSIBLE_LOG_PATH="+filepath.Join(dir, "run.log"))
	run("text", "run", "site.yml", "--diff", "-vvv")
	run("json", "run", "site.yml", "--diff", "--output", "json")
	run("junit", "run", "site.yml", "--diff", "--output", "junit")
	run("github", "run", "site.yml", "--diff", "--output", "github")
	run("yaml", "run", "site.yml", "--diff", "-vvv", "--profile")
	run("plan", "plan", "site.yml", "--out", filepath.Join(dir, "saved.plan"))
	secrets := secretsOf(t, on)
	drifts := func() { on("sed -i s/tok_/old_/ /etc/notes/notes.env; rm -f /etc/notes/extra.env") } // the next run changes secrets, and shows the difference
	drifts()
	exits(3, "drift", "drift", "site.yml", "--diff", "-v")
	exits(3, "drift json", "drift", "site.yml", "--output", "json")
	exits(3, "drift html", "drift", "site.yml", "--output", "html", "--report", filepath.Join(dir, "drift.html"))
	left["live view"] = liveSecrets(t, dir, env)
	run("history", "history", "show", "last", "--all", "--diff")
	run("history json", "history", "show", "last", "--json")
	run("journal", "journal", "app1", "--json")
	served, answers := serveSecrets(t, hosts, env, drifts)
	maps.Copy(left, answers)
	run("rollback", "rollback", "last", "--diff", "-vvv")
	left["processes of the controller"] = stop()
	on("touch /tmp/stop; sleep 1")
	left["processes of the host"] = on("cat /tmp/sampled; true")

	for name, text := range left {
		for _, s := range secrets {
			if i := strings.Index(text, s); i >= 0 {
				t.Errorf("%s holds %q: …%s…", name, s, text[max(0, i-80):min(len(text), i+40)])
			}
		}
	}
	for _, folder := range []string{dir, state, temporary, served} {
		grepFolder(t, folder, secrets)
	}
	grepHost(t, on, secrets)
}

// secretsOf are the values of the vault in the forms in which they may appear, and what the host made.
func secretsOf(t *testing.T, on func(string) string) []string {
	t.Helper()
	plain := []string{"Tigris-5531-heron", "tok_8f41c2d97e3b", "Marble+Kestrel/77", "c2lnbmluZy1rZXktb2YtdGhlLWV4YW1wbGU"}
	session := ""
	for _, line := range strings.Split(on("cat /etc/notes/session.key"), "\n") {
		if strings.HasPrefix(line, "session-") {
			session = strings.TrimSpace(line)
		}
	}
	if session == "" {
		t.Fatal("the host made no secret")
	}
	out := append([]string{}, plain...)
	for _, s := range append(plain, session) {
		out = append(out, s, url.QueryEscape(s), base64.StdEncoding.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte("token "+s)))
	}
	return out
}

// liveSecrets runs the example under the live view, goes through its panes, and returns all that was on the screen.
func liveSecrets(t *testing.T, dir string, env []string) string {
	t.Helper()
	link(t, muster(t), filepath.Join(dir, "muster"))
	s := newScreen(t, dir, 200, 50, append(env, "TERM=screen-256color")...)
	s.types("./muster run site.yml --diff --tui; echo exit $?")
	seen := s.waits("DONE in", "exit code 0")
	s.keys("Enter")
	seen += s.waits("app1 (app): tasks", "Its settings")
	for range 16 { // every task's result, from the last to the first
		s.keys("Enter")
		seen += s.waits(": result")
		s.keys("Escape")
		s.loses(": result")
		s.keys("Up")
	}
	s.keys("q")
	s.waits("exit 0")
	return seen + s.scrollback()
}

// sampleController lists the arguments of all processes of this machine until the returned function is called, which tells
// what was seen with a secret in it. muster's own environment has none either.
func sampleController(t *testing.T) func() string {
	t.Helper()
	done := make(chan struct{})
	var seen bytes.Buffer
	var wait sync.WaitGroup
	wait.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
				names, _ := filepath.Glob(pattern)
				for _, name := range names {
					text, _ := os.ReadFile(name) // gone when it ended since
					for _, s := range []string{"Tigris-5531", "tok_8f41", "Marble+Kestrel", "c2lnbmluZy1"} {
						if bytes.Contains(text, []byte(s)) && !bytes.Contains(text, []byte("grep")) {
							fmt.Fprintf(&seen, "%s: %q\n", name, text)
						}
					}
				}
			}
		}
	})
	return func() string {
		close(done)
		wait.Wait()
		return seen.String()
	}
}

// grepFolder looks into every file below a folder of the controller.
func grepFolder(t *testing.T, folder string, secrets []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(text, []byte(s)) {
				t.Errorf("%s holds %q", path, s)
			}
		}
		return err
	})
	if err != nil {
		t.Errorf("%s: %v", folder, err)
	}
}

// grepHost looks into every file of the host: secrets stand in the files that tasks wrote, and nowhere else but in what the
// journal keeps of these files' former contents, in files of mode 0600 below folders of mode 0700.
func grepHost(t *testing.T, on func(string) string, secrets []string) {
	t.Helper()
	pattern := strings.Join(secrets, "\n")
	coded := base64.StdEncoding.EncodeToString([]byte(pattern))
	found := on("echo " + coded + " | base64 -d > /dev/shm/patterns; grep -rlaF -f /dev/shm/patterns / --exclude-dir=proc --exclude-dir=sys --exclude=patterns 2>/dev/null; rm /dev/shm/patterns; true")
	for _, path := range strings.Fields(found) {
		switch {
		case !strings.HasPrefix(path, "/"), contains(mayHold, path):
		case strings.HasPrefix(path, "/var/lib/muster/journal/"):
			if mode := on("stat -c %a%u " + path + "; stat -c %a%u /var/lib/muster/journal"); !strings.Contains(mode, "6000") || !strings.Contains(mode, "7000") {
				t.Errorf("%s: %s", path, mode)
			}
			for _, s := range secrets { // of former contents, whole lines at most; never of parameters or titles
				if text := on("tr -d '\\000' < " + path + " | grep -aF -- '" + s + "' | grep -a '\"module\":' || true"); strings.Contains(text, "\"module\"") {
					t.Errorf("an entry of the journal holds %q: %s", s, text)
				}
			}
		default:
			t.Errorf("%s of the host holds a secret", path)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
