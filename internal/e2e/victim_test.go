//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
)

// victim is the real host on which processes are killed, and everything that is compared on it.
type victim struct {
	t       *testing.T
	name    string
	number  string // the lab's
	dir     string // inventory, state
	trees   []string
	program string
}

const furnishVictim = `mkdir -p /srv/old/deep /srv/data/sub; echo 1 >/srv/old/deep/1; echo a >/srv/data/a; echo b >/srv/data/sub/b; echo "new = no" >/etc/app.conf; touch /etc/motd; echo "http 80/tcp" >/etc/services`

// lookAtVictim prints what the play may change: every file's kind, mode, owner, target and content, and the unit's state.
const lookAtVictim = `cd /; find etc srv opt usr/local -xdev ! -name .filler ! -path etc/mtab ! -path 'etc/.pwd.lock' ! -name '*-' -printf '%p %y %m %U:%G %l\n' | sort; ` +
	`find etc srv -xdev -type f ! -name '*-' -print0 | sort -z | xargs -0 sha256sum; systemctl is-enabled app 2>&1; systemctl is-active app 2>&1; true`

var backupOf = regexp.MustCompile(`app\.conf\.\d+\.[-0-9]+@[:0-9]+~`)

// newVictim takes the host of a number from a lab that is up.
func newVictim(t *testing.T, number int) *victim {
	t.Helper()
	v := &victim{t: t, dir: t.TempDir(), number: strconv.Itoa(number), program: muster(t)}
	inventory := lab(t, "inventory")
	if err := os.WriteFile(filepath.Join(v.dir, "hosts.ini"), []byte(inventory), 0o600); err != nil {
		t.Fatal(err)
	}
	v.name, _, _ = strings.Cut(strings.Split(inventory, "\n")[number], " ")
	return v
}

func (v *victim) shell(command string) string {
	v.t.Helper()
	return lab(v.t, "run", v.number, command)
}

func (v *victim) tree() string {
	v.t.Helper()
	return backupOf.ReplaceAllString(v.shell(lookAtVictim), "app.conf.BACKUP")
}

func (v *victim) command(args ...string) *exec.Cmd {
	cmd := exec.Command(v.program, append(args, "-i", filepath.Join(v.dir, "hosts.ini"), "-l", v.name)...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(v.dir, "state"), "MUSTER_HISTORY=off")
	return cmd
}

func (v *victim) must(args ...string) string {
	v.t.Helper()
	out, err := v.command(args...).CombinedOutput()
	if err != nil {
		v.t.Fatalf("muster %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (v *victim) site() string { return filepath.Join(top(v.t), "internal/e2e/testdata/kill/site.yml") }

// steps runs the play's tasks one by one and keeps what the host looks like after each; then everything is taken back.
func (v *victim) steps(n int) {
	v.t.Helper()
	v.trees = []string{v.tree()}
	var runs []string
	for i := range n {
		out := v.must("run", v.site(), "--tags", "s"+strconv.Itoa(i+1), "--output", "json")
		runs = append(runs, runOf(out))
		v.trees = append(v.trees, v.tree())
		if v.trees[i] == v.trees[i+1] {
			v.t.Errorf("step %d changes nothing that is compared", i+1)
		}
	}
	for i := len(runs) - 1; i >= 0; i-- {
		v.must("rollback", runs[i])
		if now := v.tree(); now != v.trees[i] {
			v.t.Fatalf("undoing step %d:\n%s", i+1, modulestest.Difference(v.trees[i], now))
		}
	}
}

var runID = regexp.MustCompile(`"run":"([^"]+)"`)

func runOf(events string) string {
	if m := runID.FindStringSubmatch(events); m != nil {
		return m[1]
	}
	return ""
}

// contact is the next look at the host: it is refused while a runner of the interrupted run lives, and each try waits for
// that one a while.
func (v *victim) contact(name string) {
	v.t.Helper()
	var out []byte
	for range 12 {
		var err error
		if out, err = v.command("journal", v.name, "--recover").CombinedOutput(); err == nil {
			return
		}
		if !strings.Contains(string(out), "is locked by") {
			v.t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	v.t.Fatalf("%s: still locked: %s", name, out)
}

// at is the step after which the host looked as it does now.
func (v *victim) at(name string) int {
	v.t.Helper()
	now := v.tree()
	at := slices.Index(v.trees, now)
	if at < 0 {
		v.t.Fatalf("%s: as after no step; the nearest differs by\n%s", name, v.nearest(now))
	}
	return at
}

// root is the host's root folder, seen from here.
func (v *victim) root() string {
	v.t.Helper()
	for _, p := range processes() {
		if v.owns(p) {
			return filepath.Join(p, "root")
		}
	}
	v.t.Fatal("the host has no process")
	return ""
}

// owns reports that a process is one of the host's.
func (v *victim) owns(process string) bool {
	name, err := os.ReadFile(filepath.Join(process, "root/etc/hostname"))
	return err == nil && strings.TrimSpace(string(name)) == v.name
}

func processes() []string {
	found, _ := filepath.Glob("/proc/[0-9]*")
	return found
}

// nearest is how a tree differs from the one that is most like it.
func (v *victim) nearest(now string) string {
	best := ""
	for i, tree := range v.trees {
		if d := modulestest.Difference(tree, now); best == "" || len(d) < len(best) {
			best = fmt.Sprintf("after step %d:\n%s", i, d)
		}
	}
	return best
}
