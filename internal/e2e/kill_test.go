//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
)

// mishap is something that befalls a run: which process dies, or what else goes wrong, on the host or here.
type mishap struct {
	name   string
	before func(v *victim)                         // once, before anything is compared
	strike func(v *victim, controller *os.Process) // amid a step
	mend   func(v *victim)                         // before the next contact
}

// mishaps are what the play of twenty steps is struck by, each on a host of its own.
func mishaps() []mishap {
	return []mishap{
		{name: "runner killed", strike: (*victim).killRunners},
		{name: "controller killed", strike: func(_ *victim, p *os.Process) { _ = p.Kill() }},
		{name: "link dropped", strike: (*victim).dropLink},
		{name: "disk full", before: (*victim).smallDisks, strike: (*victim).fillDisks, mend: (*victim).freeDisks},
	}
}

// rounds is how often each mishap strikes each step, a little later every time.
const rounds = 4

// TestStruckOnARealHost strikes every step of a play of twenty, several times, in every way. After the next contact the host
// is as before or after a step, the journal has nothing open, and a rollback restores everything.
func TestStruckOnARealHost(t *testing.T) {
	all := mishaps()
	lab(t, "down")
	lab(t, "up", strconv.Itoa(len(all)))
	for i, m := range all {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, i+1)
			if m.before != nil {
				m.before(v)
			}
			v.shell(furnishVictim)
			v.steps(20)
			reached := map[int]int{}
			for round := range rounds {
				for step := range 20 {
					reached[v.suffer(m, step, round)-step]++
				}
			}
			t.Logf("%d times; steps found done beyond the one before the mishap: %v", 20*rounds, reached)
		})
	}
}

// suffer runs the play, lets a mishap happen in a step, and checks what is found and that all of it can be taken back. It
// returns after which step the host was found.
func (v *victim) suffer(m mishap, step, round int) (found int) {
	v.t.Helper()
	name := fmt.Sprintf("%s in step %d, round %d", m.name, step+1, round+1)
	run := v.interrupt(step, round, m.strike)
	if m.mend != nil {
		m.mend(v)
	}
	v.contact(name)
	found = v.at(name)
	if listing := v.must("journal", v.name, "--run", run); strings.Contains(listing, " open ") {
		v.t.Errorf("%s: left open:\n%s", name, listing)
	}
	if out, err := v.command("rollback", run).CombinedOutput(); err != nil && (found > 0 || !strings.Contains(string(out), "no journal of these hosts knows run")) {
		v.t.Fatalf("%s: rollback: %v\n%s", name, err, out) // where nothing came to be done there is nothing to know
	}
	if now := v.tree(); now != v.trees[0] {
		v.t.Fatalf("%s: the rollback did not restore everything:\n%s", name, modulestest.Difference(v.trees[0], now))
	}
	return found
}

// interrupt starts the play, waits until a number of tasks have ended and the next has begun, looks at all processes a few
// times, which spreads the moments over the task, and strikes.
func (v *victim) interrupt(after, looks int, strike func(*victim, *os.Process)) (run string) {
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
	struck := false
	for ended := 0; lines.Scan(); {
		line := lines.Text()
		if run == "" {
			run = runOf(line)
		}
		if strings.HasPrefix(line, `{"type":"task_result"`) {
			ended++
		}
		if !struck && ended >= after && strings.HasPrefix(line, `{"type":"task_start"`) {
			struck = true
			for range looks {
				_ = processes()
			}
			strike(v, cmd.Process)
		}
	}
	err = cmd.Wait()
	if !struck || run == "" {
		v.t.Fatalf("the play came to no step %d: %v\n%s", after+1, err, stderr.String())
	}
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
	for _, p := range processes() {
		line, err := os.ReadFile(filepath.Join(p, "cmdline"))
		if err != nil || !which(line) || !v.owns(p) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(p)); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// small are the folders that smallDisks puts on file systems of their own: the journal's and what the play changes most.
var small = []string{"var/lib/muster", "srv"}

func (v *victim) smallDisks() {
	for _, dir := range small {
		v.shell("mkdir -p /" + dir + " && mount -t tmpfs -o size=8m,mode=755 small /" + dir)
	}
}

// fillDisks leaves no room on the small file systems.
func (v *victim) fillDisks(*os.Process) {
	root := v.root()
	for _, dir := range small {
		f, err := os.Create(filepath.Join(root, dir, filler))
		if err != nil {
			v.t.Fatal(err)
		}
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			v.t.Fatal(err)
		}
		_ = f.Close()
	}
}

const filler = ".filler"

func (v *victim) freeDisks() {
	for _, dir := range small {
		if err := os.Remove(filepath.Join(v.root(), dir, filler)); err != nil {
			v.t.Fatal(err)
		}
	}
}

// TestFullDiskOnARealHost fills the disk that holds the journal: changes are refused before they happen, with what to do.
func TestFullDiskOnARealHost(t *testing.T) {
	lab(t, "up", "1")
	v := newVictim(t, 1)
	v.shell(furnishVictim)
	v.shell(`mkdir -p /var/lib/muster/journal && mount -t tmpfs -o size=64k,mode=700 none /var/lib/muster/journal && dd if=/dev/zero of=/var/lib/muster/journal/filler bs=1k count=64 2>/dev/null; true`)
	before := v.tree()
	out, err := v.command("run", v.site()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the change was not made: there is no space left in /var/lib/muster/journal") {
		t.Errorf("not refused: %v\n%s", err, out)
	}
	if now := v.tree(); now != before {
		t.Errorf("something was changed:\n%s", modulestest.Difference(before, now))
	}
	v.shell(`umount /var/lib/muster/journal`)
}
