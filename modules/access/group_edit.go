package access

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// editGroup does in the files what groupadd, groupmod and groupdel would do.
func editGroup(ctx context.Context, s sys.System, p GroupParams, to GroupState) error {
	return edit(ctx, s, []string{groupFile, gshadowFile, passwdFile}, func(d *database) error {
		if !to.Exists {
			return removeGroup(d, p)
		}
		gid := to.GID
		if gid == unknown {
			limits := numberRange(s, "GID", p.System, p.GIDMin, p.GIDMax)
			var err error
			if gid, err = limits.free(takenNumbers(d.in(groupFile)), p.System); err != nil {
				return err
			}
		}
		if owner := ownerOf(d.in(groupFile), gid); owner != "" && owner != p.Name && !p.NonUnique {
			return modules.Fail(modules.Result{"name": p.Name}, "GID '%d' already exists with group '%s'", gid, owner)
		}
		setGroup(d, p.Name, gid)
		return nil
	})
}

func removeGroup(d *database, p GroupParams) error {
	f := d.in(groupFile).fields(p.Name)
	for _, line := range d.in(passwdFile).lines {
		if u := strings.Split(line, ":"); len(u) > 3 && len(f) > 2 && u[3] == f[2] && !p.Force {
			return modules.Fail(modules.Result{"name": p.Name}, "cannot remove the primary group of user '%s'", u[0])
		}
	}
	d.in(groupFile).remove(p.Name)
	d.in(gshadowFile).remove(p.Name)
	return nil
}

// setGroup gives a group its number, and makes it if it is not there. Users whose primary group it is stay in it.
func setGroup(d *database, name string, gid int) {
	line := d.in(groupFile).fields(name)
	if len(line) < 4 {
		line = []string{name, "x", "", ""}
	}
	for user := range usersOf(d, line[2]) {
		d.setPrimary(user, strconv.Itoa(gid))
	}
	line[2] = strconv.Itoa(gid)
	d.in(groupFile).set(strings.Join(line, ":"))
	if shadow := d.in(gshadowFile); shadow.found && shadow.find(name) < 0 {
		shadow.set(name + ":!::" + line[3])
	}
}

// ownerOf is the key of the line whose third field is a number.
func ownerOf(t *table, number int) string {
	for _, line := range t.lines {
		if f := strings.Split(line, ":"); len(f) > 2 && f[2] == strconv.Itoa(number) {
			return f[0]
		}
	}
	return ""
}

func takenNumbers(t *table) []int {
	var taken []int
	for _, line := range t.lines {
		if f := strings.Split(line, ":"); len(f) > 2 {
			if n, err := strconv.Atoi(f[2]); err == nil {
				taken = append(taken, n)
			}
		}
	}
	return taken
}

// limits is the range to choose new numbers from.
type limits struct{ low, high int }

// numberRange reads login.defs: UID_MIN, SYS_UID_MAX and so on; parameters override it.
func numberRange(r sys.Reader, kind string, system bool, low, high *int) limits {
	defs := loginDefs(r)
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(defs[name]); err == nil {
			return n
		}
		return otherwise
	}
	l := limits{number(kind+"_MIN", 1000), number(kind+"_MAX", 60000)}
	if system {
		l = limits{number("SYS_"+kind+"_MIN", 101), number("SYS_"+kind+"_MAX", l.low-1)}
	}
	if low != nil {
		l.low = *low
	}
	if high != nil {
		l.high = *high
	}
	return l
}

// free chooses as useradd does: the number after the highest one in use; for system accounts the one before the lowest;
// a gap where the range is used up to its end.
func (l limits) free(taken []int, system bool) (int, error) {
	inside := slices.DeleteFunc(slices.Clone(taken), func(n int) bool { return n < l.low || n > l.high })
	first, step := l.low, 1
	if system {
		first, step = l.high, -1
	}
	start := first
	if len(inside) > 0 {
		start = slices.Max(inside) + 1
		if system {
			start = slices.Min(inside) - 1
		}
	}
	for _, from := range []int{start, first} {
		for n := from; n >= l.low && n <= l.high; n += step {
			if !slices.Contains(inside, n) {
				return n, nil
			}
		}
	}
	return 0, fmt.Errorf("no number is left between %d and %d", l.low, l.high)
}

// loginDefs reads /etc/login.defs.
func loginDefs(r sys.Reader) map[string]string {
	defs := map[string]string{}
	data, err := r.ReadFile("/etc/login.defs")
	if err != nil {
		return defs
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if f := strings.Fields(line); len(f) >= 2 && !strings.HasPrefix(f[0], "#") {
			defs[f[0]] = f[1]
		}
	}
	return defs
}
