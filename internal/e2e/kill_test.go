//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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
const lookAtVictim = `cd /; find etc srv opt usr/local -xdev ! -path etc/mtab ! -path 'etc/.pwd.lock' ! -name '*-' -printf '%p %y %m %U:%G %l\n' | sort; ` +
	`find etc srv -xdev -type f ! -name '*-' -print0 | sort -z | xargs -0 sha256sum; systemctl is-enabled app 2>&1; systemctl is-active app 2>&1; true`

var backupOf = regexp.MustCompile(`app\.conf\.\d+\.[-0-9]+@[:0-9]+~`)

func newVictim(t *testing.T) *victim {
	t.Helper()
	lab(t, "up", "1")
	v := &victim{t: t, dir: t.TempDir(), number: "1", program: muster(t)}
	inventory := lab(t, "inventory")
	if err := os.WriteFile(filepath.Join(v.dir, "hosts.ini"), []byte(inventory), 0o600); err != nil {
		t.Fatal(err)
	}
	v.name, _, _ = strings.Cut(strings.SplitN(inventory, "\n", 3)[1], " ")
	v.shell(furnishVictim)
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
			v.t.Fatalf("undoing step %d:\n%s", i+1, changedLines(v.trees[i], now))
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

// interrupt starts the play, waits until a number of tasks have ended and a little longer, and kills.
func (v *victim) interrupt(after int, longer time.Duration, kill func(controller *os.Process)) (run string) {
	v.t.Helper()
	cmd := v.command("run", v.site(), "--output", "json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for ended := 0; lines.Scan(); {
		line := lines.Text()
		if run == "" {
			run = runOf(line)
		}
		if strings.HasPrefix(line, `{"type":"task_result"`) {
			ended++
		}
		if kill != nil && ended >= after && strings.HasPrefix(line, `{"type":"task_start"`) {
			time.Sleep(longer) // spreads the kills over the task; nothing depends on it
			kill(cmd.Process)
			kill = nil
		}
	}
	_ = cmd.Wait()
	return run
}

// killRunners kills every runner on the host, as a crash would.
func (v *victim) killRunners(*os.Process) {
	v.kill(func(line []byte) bool {
		return bytes.Contains(line, []byte("/muster/")) && bytes.Contains(line, []byte("runner"))
	})
}

// dropLink ends the connections' processes on the host without a word to either side's program.
func (v *victim) dropLink(*os.Process) {
	v.kill(func(line []byte) bool { return bytes.HasPrefix(line, []byte("sshd: root@notty")) })
}

// kill ends processes on the host by their command line; they can be seen from here.
func (v *victim) kill(which func(line []byte) bool) {
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range found {
		line, err := os.ReadFile(p)
		if err != nil || !which(line) {
			continue
		}
		dir := filepath.Dir(p)
		if name, err := os.ReadFile(filepath.Join(dir, "root/etc/hostname")); err != nil || strings.TrimSpace(string(name)) != v.name {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

func killController(p *os.Process) { _ = p.Kill() }

// TestKilledOnARealHost kills the runner, the controller and the connection during every step of a play of twenty. After the
// next contact the host is as before or after a step, the journal has nothing open, and a rollback restores everything.
func TestKilledOnARealHost(t *testing.T) {
	v := newVictim(t)
	v.steps(20)
	kills := 0
	for step := range 20 {
		for i, kill := range []func(*os.Process){v.killRunners, killController, v.dropLink} {
			name := fmt.Sprintf("kind %d in step %d", i, step+1)
			run := v.interrupt(step, time.Duration((step*3+i)%7)*time.Millisecond, kill)
			kills++
			v.contact(name)
			now := v.tree()
			at := -1
			for k, tree := range v.trees {
				if tree == now {
					at = k
				}
			}
			if at < 0 {
				t.Fatalf("%s: as after no step; the nearest differs by\n%s", name, v.nearest(now))
			}
			if listing := v.must("journal", v.name, "--run", run); strings.Contains(listing, " open ") {
				t.Errorf("%s: left open:\n%s", name, listing)
			}
			v.must("rollback", run)
			if now = v.tree(); now != v.trees[0] {
				t.Fatalf("%s: the rollback did not restore everything:\n%s", name, changedLines(v.trees[0], now))
			}
		}
	}
	t.Logf("%d kills", kills)
}

// contact is the next look at the host: it is refused while a runner of the interrupted run lives.
func (v *victim) contact(name string) {
	v.t.Helper()
	for range 100 {
		out, err := v.command("journal", v.name, "--recover").CombinedOutput()
		if err == nil {
			return
		}
		if !strings.Contains(string(out), "is locked by") {
			v.t.Fatalf("%s: %v\n%s", name, err, out)
		}
		time.Sleep(300 * time.Millisecond)
	}
	v.t.Fatalf("%s: still locked", name)
}

// nearest is how a tree differs from the one that is most like it.
func (v *victim) nearest(now string) string {
	best := ""
	for i, tree := range v.trees {
		if d := changedLines(tree, now); best == "" || len(d) < len(best) {
			best = fmt.Sprintf("after step %d:\n%s", i, d)
		}
	}
	return best
}

func changedLines(was, now string) string {
	var b strings.Builder
	before := map[string]bool{}
	for l := range strings.SplitSeq(was, "\n") {
		before[l] = true
	}
	for l := range strings.SplitSeq(now, "\n") {
		if !before[l] {
			b.WriteString("+ " + l + "\n")
		}
		delete(before, l)
	}
	for l := range before {
		b.WriteString("- " + l + "\n")
	}
	return b.String()
}

// TestFullDiskOnARealHost fills the disk that holds the journal: changes are refused before they happen, with what to do.
func TestFullDiskOnARealHost(t *testing.T) {
	v := newVictim(t)
	v.shell(`mkdir -p /var/lib/muster/journal && mount -t tmpfs -o size=64k,mode=700 none /var/lib/muster/journal && dd if=/dev/zero of=/var/lib/muster/journal/filler bs=1k count=64 2>/dev/null; true`)
	before := v.tree()
	out, err := v.command("run", v.site()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the change was not made: there is no space left in /var/lib/muster/journal") {
		t.Errorf("not refused: %v\n%s", err, out)
	}
	if now := v.tree(); now != before {
		t.Errorf("something was changed:\n%s", changedLines(before, now))
	}
	v.shell(`umount /var/lib/muster/journal`)
}
