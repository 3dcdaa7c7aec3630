package journal_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

var errNoSpace = syscall.ENOSPC

// step is one task of the play.
type step struct {
	module string
	args   map[string]any
}

// play changes much, in twenty steps: new files and folders on the way, edits, modes, owners, links, whole trees that go,
// accounts, keys, jobs and settings.
func play() []step {
	return []step{
		{"file", map[string]any{"path": "/srv/app/releases/2", "state": "directory", "mode": "0750"}},
		{"copy", map[string]any{"dest": "/srv/app/releases/2/app.conf", "content": "port=80\n", "mode": "0640"}},
		{"copy", map[string]any{"dest": "/etc/app.conf", "content": "new = yes\n", "mode": "0600", "backup": true}},
		{"lineinfile", map[string]any{"path": "/etc/hosts", "line": "10.0.0.9 db"}},
		{"lineinfile", map[string]any{"path": "/etc/hosts", "regexp": "^127.0.0.1", "line": "127.0.0.1 localhost web1", "mode": "0644"}},
		{"blockinfile", map[string]any{"path": "/etc/profile", "block": "export A=1\nexport B=2"}},
		{"replace", map[string]any{"path": "/etc/services", "regexp": "http", "replace": "https"}},
		{"file", map[string]any{"path": "/srv/app/current", "src": "/srv/app/releases/2", "state": "link"}},
		{"file", map[string]any{"path": "/srv/old", "state": "absent"}},
		{"file", map[string]any{"path": "/srv/data", "mode": "0700", "owner": 1000, "group": 1000, "recurse": true, "state": "directory"}},
		{"file", map[string]any{"path": "/srv/data/a", "state": "hard", "src": "/etc/app.conf", "force": true}},
		{"file", map[string]any{"path": "/etc/motd", "mode": "0400"}},
		{"group", map[string]any{"name": "deploy", "gid": 2000, "local": true}},
		{"cron", map[string]any{"name": "rotate", "minute": "5", "job": "/bin/true", "cron_file": "app", "user": "root"}},
		{"authorized_key", map[string]any{"user": "root", "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ann"}},
		{"known_hosts", map[string]any{"name": "db", "key": "db ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl", "path": "/etc/ssh_known_hosts"}},
		{"sysctl", map[string]any{"name": "vm.swappiness", "value": "10", "sysctl_file": "/etc/sysctl.d/app.conf", "reload": false}},
		{"assemble", map[string]any{"src": "/etc/parts", "dest": "/etc/whole", "remote_src": true}},
		{"copy", map[string]any{"src": "/srv/data/", "dest": "/srv/copy", "remote_src": true}},
		{"lineinfile", map[string]any{"path": "/etc/hosts", "regexp": "db$", "state": "absent"}},
	}
}

func furnished(t *testing.T) *host {
	h := newHost(t)
	for _, d := range []string{"/srv", "/srv/old", "/srv/old/deep", "/srv/data", "/srv/data/sub", "/root", "/etc/parts", "/etc/cron.d", "/etc/sysctl.d"} {
		if err := h.sys.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for p, content := range map[string]string{
		"etc/hosts": "127.0.0.1 localhost\n", "etc/profile": "umask 022\n", "etc/services": "http 80/tcp\n", "etc/motd": "hello\n",
		"srv/old/one": "1\n", "srv/old/deep/two": "2\n", "srv/data/a": "a\n", "srv/data/sub/b": "b\n", "etc/parts/1": "x\n", "etc/parts/2": "y\n",
		"etc/app.conf": "new = no\n", "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n", "etc/gshadow": "root:*::\n",
	} {
		h.write(p, content)
	}
	return h
}

// perform runs the play from a step on, until the process dies or the play ends, and returns the trees after each step.
func (h *host) perform(s *journal.Store, system sys.System, run string, from int) (trees []string, failed modules.Result) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i, st := range play()[from:] {
			r, _ := h.with(s.Task(ref(run, from+i+1)), system, st.module, st.args)
			if r.Failed() {
				failed = r
				failed["step"] = from + i
				return
			}
			trees = append(trees, h.tree())
		}
	}()
	<-done
	return trees, failed
}

// TestKilledAtEveryWrite kills the process before, amid and after every single write of the play. The next contact must find
// or make the machine as it was before or after the step, finish the journal, and a rollback must restore everything.
func TestKilledAtEveryWrite(t *testing.T) {
	whole := furnished(t)
	first := whole.tree()
	s := whole.process()
	whole.begin(s, "run1")
	counting := &mortal{System: whole.sys}
	trees, failed := whole.perform(s, counting, "run1", 0)
	if failed != nil {
		t.Fatalf("%v", failed)
	}
	if len(trees) != 20 {
		t.Fatalf("%d steps", len(trees))
	}
	kills, before, after := 0, 0, 0
	for at := 1; at <= counting.count; at++ {
		for _, when := range []moment{beforeIt, amidIt, afterIt} {
			kills++
			name := fmt.Sprintf("write %d/%d moment %d", at, counting.count, when)
			finished, there := killedAt(t, name, at, when, first, trees)
			if there {
				after++
			} else {
				before++
			}
			if finished < 0 {
				return
			}
		}
	}
	t.Logf("%d kills: %d steps were taken back, %d found whole", kills, before, after)
	if kills < 120 || after == 0 {
		t.Errorf("%d kills, %d found whole: too few to mean something", kills, after)
	}
}

// killedAt returns how many steps were finished, and whether the one that was interrupted was found whole.
func killedAt(t *testing.T, name string, at int, when moment, first string, trees []string) (finished int, there bool) {
	h := furnished(t)
	s := h.process()
	h.begin(s, "run1")
	done, failed := h.perform(s, &mortal{System: h.sys, at: at, when: when}, "run1", 0)
	if failed != nil {
		t.Errorf("%s: %v", name, failed)
		return -1, false
	}
	s.Die()

	next := h.process()
	recovered := h.begin(next, "run2")
	now := h.tree()
	was := first
	if len(done) > 0 {
		was = trees[len(done)-1]
	}
	switch {
	case now == was:
	case len(done) < len(trees) && now == trees[len(done)]:
		there = true
	default:
		t.Errorf("%s, in step %d (%v): neither before nor after:\n%s", name, len(done)+1, recovered, modulestest.Difference(was, now))
		return -1, false
	}
	for _, e := range h.entries("run1") {
		if e.State == ops.StateOpen {
			t.Errorf("%s: entry %s is open", name, e.ID)
		}
	}
	for _, u := range h.undo(next, "run1", journal.How{}) {
		if u.Failed || u.Conflict {
			t.Errorf("%s: undo %+v", name, u)
		}
	}
	if now = h.tree(); now != first {
		t.Errorf("%s, in step %d: the rollback did not restore everything:\n%s", name, len(done)+1, modulestest.Difference(first, now))
		return -1, false
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	return len(done), there
}

// TestKilledWhileUndoing kills the rollback at every write of it; the next contact finishes what was begun, and another
// rollback the rest.
func TestKilledWhileUndoing(t *testing.T) {
	for at := 1; ; at++ {
		h := furnished(t)
		first := h.tree()
		s := h.process()
		h.begin(s, "run1")
		if _, failed := h.perform(s, h.sys, "run1", 0); failed != nil {
			t.Fatal(failed)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		m := &mortal{System: h.sys, at: at, when: moment(at % 3)}
		undoer := h.processOn(m)
		h.begin(undoer, "rollback1")
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.undo(undoer, "run1", journal.How{})
		}()
		<-done
		if !m.dead {
			if at < 40 {
				t.Errorf("only %d writes", at)
			}
			return
		}
		undoer.Die()
		next := h.process()
		h.begin(next, "rollback2")
		for _, u := range h.undo(next, "run1", journal.How{}) {
			if u.Failed || u.Conflict {
				t.Errorf("write %d: %+v", at, u)
			}
		}
		if now := h.tree(); now != first {
			t.Fatalf("write %d of the undo:\n%s", at, modulestest.Difference(first, now))
		}
	}
}

// TestFullDiskAtEveryWrite lets the disk be full from every write of the play on: the step fails and leaves nothing of it,
// and the rollback restores everything.
func TestFullDiskAtEveryWrite(t *testing.T) {
	for at := 1; ; at++ {
		h := furnished(t)
		first := h.tree()
		s := h.process()
		h.begin(s, "run1")
		trees, failed := h.perform(s, &full{System: h.sys, at: at}, "run1", 0)
		if failed == nil {
			if at < 20 {
				t.Errorf("only %d writes", at)
			}
			return
		}
		was := first
		if len(trees) > 0 {
			was = trees[len(trees)-1]
		}
		s.Die()
		s = h.process() // there is room again
		h.begin(s, "run2")
		if now := h.tree(); now != was {
			t.Errorf("write %d, step %v: %v left something:\n%s", at, failed["step"], failed["msg"], modulestest.Difference(was, now))
		}
		h.undo(s, "run1", journal.How{})
		if now := h.tree(); now != first {
			t.Errorf("write %d: not restored:\n%s", at, modulestest.Difference(first, now))
		}
	}
}
