package systemd

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/services/dbus"
	"github.com/musterhq/muster/modules/sys"
)

// Reload makes a manager read its unit files again, as `systemctl daemon-reload` does. A reload costs systemd a large
// part of a second, so it is left out where it could not make a difference: where everything that it reads (unit
// files, links and drop-ins, generators and their inputs, the manager's own configuration) is older than the last one.
func (b *Bus) Reload(ctx context.Context, s sys.System, scope Scope) error {
	if scope == ScopeSystem && b.upToDate(ctx, s) {
		return nil
	}
	return b.manage(ctx, s, scope, "Reload", "daemon-reload")
}

// Reexec makes a manager execute itself again.
func (b *Bus) Reexec(ctx context.Context, s sys.System, scope Scope) error {
	return b.manage(ctx, s, scope, "Reexecute", "daemon-reexec")
}

// ManageError is a failure of systemctl.
type ManageError struct {
	Code   int
	Stderr string
}

// Error returns what was printed.
func (e *ManageError) Error() string { return e.Stderr }

func (b *Bus) manage(ctx context.Context, s sys.System, scope Scope, method, verb string) error {
	if s.Getuid() == 0 || scope == ScopeUser {
		c, err := b.conn(ctx, s, scope)
		if err == nil {
			_, err = c.Call(ctx, managerCall(method))
			var refused *dbus.Error
			switch {
			case err == nil:
				return nil
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.As(err, &refused):
			case method == "Reexecute": // the connection ends with the old process
				return nil
			}
		}
	}
	out, err := s.Run(ctx, Command(s, scope, verb))
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return &ManageError{Code: out.Code, Stderr: string(out.Stderr)}
	}
	return nil
}

// upToDate reports whether a reload could not change anything. In doubt it says no.
func (b *Bus) upToDate(ctx context.Context, r sys.Reader) bool {
	replies, err := b.read(ctx, r, ScopeSystem, managerProperty("UnitPath"), managerProperty("UnitsLoadTimestamp"),
		managerProperty("UnitsLoadTimestampMonotonic"))
	if err != nil {
		return false
	}
	path := replies[0]
	wall, ok1 := microseconds(replies[1])
	mono, ok2 := microseconds(replies[2])
	uptime, ok3 := monotonic()
	if path.Err != nil || !ok1 || !ok2 || !ok3 {
		return false // a manager that does not say when it loaded its units
	}
	loaded := time.UnixMicro(wall)
	if drift := time.Since(loaded) - (uptime - time.Duration(mono)*time.Microsecond); drift > time.Second || drift < -time.Second {
		return false // the clock was set since, so times on files mean nothing
	}
	return newerThan(r, unitPath(path), loaded.Add(-margin)) == ""
}

// margin is how long before the recorded moment of loading a change may have been missed.
const margin = 2 * time.Second

func microseconds(r dbus.Reply) (int64, bool) {
	v, ok := first(r).(dbus.Variant)
	if !ok {
		return 0, false
	}
	n, ok := v.Value.(uint64)
	return int64(n), ok && n > 0
}

// newerThan returns something that a reload would read and that changed after a moment, or "".
func newerThan(r sys.Reader, unitPath []string, moment time.Time) string {
	c := changes{r: r, since: moment}
	if p := c.unusualMount(unitPath); p != "" {
		return p
	}
	if p := c.generators(); p != "" {
		return p
	}
	seen := map[uint64]bool{}
	for _, dir := range unitPath {
		if strings.HasPrefix(dir, "/run/systemd/generator") || dir == "/run/systemd/transient" {
			continue // written by systemd itself
		}
		st, err := r.Stat(dir)
		if err != nil || seen[st.Inode] {
			continue
		}
		seen[st.Inode] = true
		if p := c.tree(dir, 0); p != "" {
			return p
		}
	}
	return ""
}

type changes struct {
	r     sys.Reader
	since time.Time
}

func (c changes) newer(st sys.Stat) bool { return !st.Ctime.Before(c.since) }

// tree looks at a path and, of a folder, at all that is in it. Links are followed: one that is made, replaced or removed
// shows in its folder.
func (c changes) tree(path string, depth int) string {
	st, err := c.r.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err != nil || depth > maxUnitDepth:
		return path
	case st.Mode&fs.ModeDevice != 0: // a masked unit
		return ""
	case c.newer(st):
		return path
	case !st.IsDir():
		return ""
	}
	list, err := c.r.ReadDir(path)
	if err != nil {
		return path
	}
	for _, e := range list {
		if p := c.tree(path+"/"+e.Name(), depth+1); p != "" {
			return p
		}
	}
	return ""
}

// maxUnitDepth is how deep folders of units nest: unit path, drop-in folder, file.
const maxUnitDepth = 4
