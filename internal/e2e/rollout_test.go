//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// site is a service on hosts of the lab behind a load balancer, with everything that a rollout needs.
type site struct {
	t     *testing.T
	dir   string
	build string // the programs and packages of both versions
	hosts []string
	lb    string // address
	env   []string
}

// TestRollout rolls a bad version out on twelve hosts with live traffic. Its gate fails in the second batch: that batch
// returns to what it was, exactly; the first stays or goes by the scope of the rollback; no request fails.
func TestRollout(t *testing.T) {
	s := newSite(t)
	s.muster(0, "prepare.yml")
	s.muster(0, "site.yml", "-e", "version=1")
	for _, scope := range []string{"batch", "run"} {
		t.Run(scope, func(t *testing.T) { s.rollout(t, scope) })
	}
	t.Run("conflicts", s.conflicts)
}

// rollout rolls the bad version out and compares the hosts with what they were.
func (s *site) rollout(t *testing.T, scope string) {
	s.t = t
	s.policy(scope)
	before := s.snapshots()
	traffic := s.traffic()
	out := s.muster(6, "site.yml", "-e", "version=2")
	if sent, failed := traffic(); len(failed) > 0 || sent < 100 {
		t.Errorf("of %d requests %d failed: %v", sent, len(failed), failed[:min(len(failed), 5)])
	} else {
		t.Logf("%d requests, none failed", sent)
	}
	after := s.snapshots()
	for i, host := range s.hosts {
		switch difference := compare(before[i], after[i]); {
		case i < 2 && scope == "batch":
			if after[i]["state: packages"] == before[i]["state: packages"] {
				t.Errorf("%s of the first batch does not have the new version", host)
			}
		case len(difference) > 0:
			t.Errorf("%s is not as it was:\n%s", host, strings.Join(difference, "\n"))
		}
	}
	if scope == "batch" {
		s.muster(0, "rollback", "last")
		for i, host := range s.hosts {
			if difference := compare(before[i], s.snapshot(i)); len(difference) > 0 {
				t.Errorf("%s is not as it was after rolling the rest back:\n%s", host, strings.Join(difference, "\n"))
			}
		}
	}
	if t.Failed() {
		t.Log(out.stdout)
	}
}

// conflicts changes things by hand between a run and its rollback: each is reported, none is overwritten.
func (s *site) conflicts(t *testing.T) {
	s.t = t
	s.policy("batch")
	host := s.hosts[0]
	s.muster(0, "site.yml", "-e", "version=2", "-l", host+","+s.lbName())
	lab(t, "run", "1", "echo mine >> /etc/app.conf; apt-get install -y -qq app-data=3.0 >/dev/null; systemctl stop app")
	out := s.muster(2, "rollback", "last")
	for _, want := range []string{"conflict: [" + host + "] => (template /etc/app.conf)", "conflict: [" + host + "] => (apt app-data", "conflict: [" + host + "] => (systemd app)"} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("%q is not in the output:\n%s", want, out.stdout)
		}
	}
	if got := lab(t, "run", "1", "tail -n 1 /etc/app.conf; dpkg-query -W -f '${Version}\\n' app-data; systemctl is-active app || true"); got != "mine\n3.0\ninactive\n" {
		t.Errorf("something was overwritten: %q", got)
	}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), build: t.TempDir()}
	s.env = []string{"XDG_STATE_HOME=" + filepath.Join(s.dir, "state"), "MUSTER_HISTORY=off"}
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(top(t), "internal", "e2e", "testdata", "rollout"))); err != nil {
		t.Fatal(err)
	}
	s.inventory()
	for _, v := range []string{"1", "2"} {
		cmd := exec.Command("go", "build", "-ldflags", "-s -X main.version="+v, "-o", filepath.Join(s.build, "app"+v), "./internal/e2e/testdata/rollout/app")
		cmd.Dir, cmd.Env = top(t), append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	s.repository("1.0", "2.0", "3.0")
	lab(t, "nat")
	return s
}

// inventory makes web of all hosts of the lab but the last, which becomes the load balancer.
func (s *site) inventory() {
	labOf(s.t, 13)
	text := lab(s.t, "inventory")
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(line, "ansible_host=") {
			lines = append(lines, line)
			s.hosts = append(s.hosts, strings.Fields(line)[0])
		}
	}
	_, s.lb, _ = strings.Cut(lines[len(lines)-1], "ansible_host=")
	web := lines[:12]
	s.hosts = s.hosts[:12]
	_, vars, _ := strings.Cut(text, "[lab:vars]\n")
	inventory := "[web]\n" + strings.Join(web, "\n") + "\n[lb]\n" + lines[len(lines)-1] + "\n[all:vars]\nbuild=" + s.build + "\n" + vars
	if err := os.WriteFile(filepath.Join(s.dir, "hosts.ini"), []byte(inventory), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) lbName() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "hosts.ini"))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "[lb]\n")
	return strings.Fields(rest)[0]
}

// repository makes packages app-data of several versions and their index.
func (s *site) repository(versions ...string) {
	dir := filepath.Join(s.build, "repo")
	index := ""
	for _, v := range versions {
		root := filepath.Join(s.build, "deb-"+v)
		control := "Package: app-data\nVersion: " + v + "\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: data of app\n"
		s.write(filepath.Join(root, "DEBIAN", "control"), control)
		s.write(filepath.Join(root, "usr", "share", "app-data", "version"), v+"\n")
		name := "app-data_" + v + "_all.deb"
		if err := os.MkdirAll(dir, 0o755); err != nil {
			s.t.Fatal(err)
		}
		if out, err := exec.Command("dpkg-deb", "--root-owner-group", "-b", root, filepath.Join(dir, name)).CombinedOutput(); err != nil {
			s.t.Fatalf("dpkg-deb: %v\n%s", err, out)
		}
		deb, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			s.t.Fatal(err)
		}
		sum := sha256.Sum256(deb)
		index += control + fmt.Sprintf("Filename: ./%s\nSize: %d\nSHA256: %s\n\n", name, len(deb), hex.EncodeToString(sum[:]))
	}
	s.write(filepath.Join(dir, "Packages"), index)
}

func (s *site) write(path, text string) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// policy writes the playbook with a scope of its rollback.
func (s *site) policy(scope string) {
	text, err := os.ReadFile(filepath.Join(top(s.t), "internal", "e2e", "testdata", "rollout", "site.yml"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(filepath.Join(s.dir, "site.yml"), strings.Replace(string(text), "SCOPE", scope, 1))
}

// muster runs a playbook, or another command, and demands its exit code.
func (s *site) muster(code int, args ...string) output {
	s.t.Helper()
	if args[0] != "rollback" {
		args = append([]string{"run"}, args...)
	}
	if args[0] == "run" && args[1] == "site.yml" {
		if text, err := os.ReadFile(filepath.Join(s.dir, "site.yml")); err == nil && strings.Contains(string(text), "SCOPE") {
			s.policy("batch")
		}
	}
	out := play(s.t, s.dir, s.env, muster(s.t), append(args, "-i", "hosts.ini")...)
	if out.code != code {
		s.t.Fatalf("muster %s: exit code %d, want %d\n%s\n%s", strings.Join(args, " "), out.code, code, out.stdout, out.stderr)
	}
	return out
}

// traffic sends requests through the load balancer until the returned function is called, which tells how many there were
// and how those ended that failed.
func (s *site) traffic() func() (int, []string) {
	var sent atomic.Int64
	var mu sync.Mutex
	var failed []string
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
			for {
				select {
				case <-stop:
					return
				default:
				}
				sent.Add(1)
				if problem := request(client, "http://"+s.lb+"/"); problem != "" {
					mu.Lock()
					failed = append(failed, problem)
					mu.Unlock()
				}
			}
		})
	}
	return func() (int, []string) {
		close(stop)
		wg.Wait()
		return int(sent.Load()), failed
	}
}

func request(c *http.Client, url string) string {
	resp, err := c.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return resp.Status
	}
	return ""
}

// passing are the places whose content no rollback can or should bring back: logs, caches, runtime data, and what
// package tools and muster themselves keep.
var passing = []string{
	"/var/log", "/var/lib/muster", "/var/cache", "/var/lib/apt", "/var/lib/systemd", "/var/lib/dpkg", "/run", "/tmp", "/var/tmp",
	"/root/.cache", "/etc/machine-id", "/root/.ssh", "/etc/.pwd.lock", "/var/backups", "/root/.ansible",
}

func (s *site) snapshots() []map[string]string {
	out := make([]map[string]string, len(s.hosts))
	var wg sync.WaitGroup
	for i := range s.hosts {
		wg.Go(func() { out[i] = s.snapshot(i) })
	}
	wg.Wait()
	return out
}

// snapshot describes a host: everything that its disk has beyond the base, its packages and its units.
func (s *site) snapshot(i int) map[string]string {
	n := fmt.Sprint(i + 1)
	found := map[string]string{}
	root := strings.TrimSpace(lab(s.t, "upper", n))
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, root)
		if slices.Contains(passing, name) {
			return filepath.SkipDir
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		owner := info.Sys().(*syscall.Stat_t)
		line := fmt.Sprintf("%v %d:%d", info.Mode(), owner.Uid, owner.Gid)
		switch {
		case info.Mode().IsRegular():
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if strings.HasPrefix(name, "/var/spool/cron/") {
				text = installedAt.ReplaceAll(text, nil)
			}
			line += fmt.Sprintf(" %x", sha256.Sum256(text))
		case info.Mode()&os.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " " + target
		case info.IsDir() && baseFolder(name):
			return nil // a folder of the base is in the overlay once anything in it changed
		}
		found[name] = line
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	found["state: packages"] = lab(s.t, "run", n, "dpkg-query -W")
	found["state: units"] = lab(s.t, "run", n, "systemctl is-active app; systemctl is-enabled app; systemctl list-unit-files --no-legend | sort; curl -s http://127.0.0.1:8099/")
	return found
}

// installedAt are the comments into which the program crontab writes when and from which file it installed a table.
var installedAt = regexp.MustCompile(`(?m)^# \(.*\n`)

func baseFolder(name string) bool {
	dir := os.Getenv("LAB_DIR")
	if dir == "" {
		dir = "/var/tmp/muster-lab"
	}
	st, err := os.Lstat(filepath.Join(dir, "base", name))
	return err == nil && st.IsDir()
}

// compare lists what differs between two snapshots.
func compare(before, after map[string]string) []string {
	var out []string
	for name, was := range before {
		if is, ok := after[name]; !ok {
			out = append(out, "gone: "+name)
		} else if is != was {
			out = append(out, fmt.Sprintf("changed: %s: %s -> %s", name, was, is))
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			out = append(out, "new: "+name+" "+after[name])
		}
	}
	slices.Sort(out)
	return out
}
