package sys

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// User is a line of passwd.
type User struct {
	Name  string
	UID   int
	GID   int
	Gecos string
	Home  string
	Shell string
}

// Group is a line of group.
type Group struct {
	Name    string
	GID     int
	Members []string
}

// Accounts looks users and groups up in /etc/passwd and /etc/group of a machine, and asks getent for those that are
// not there when nsswitch.conf names other sources. It reads each file once: make one for each task, keep none.
// It is not safe for concurrent use.
type Accounts struct {
	ctx            context.Context // bounds getent; an Accounts lives no longer than its task
	r              Reader
	passwd, group  []string
	passwdRead     bool
	groupRead      bool
	nsswitch       string
	nsswitchLoaded bool
}

// NewAccounts looks up accounts of a machine.
func NewAccounts(ctx context.Context, r Reader) *Accounts { return &Accounts{ctx: ctx, r: r} }

func (a *Accounts) users() []string {
	if !a.passwdRead {
		a.passwd, a.passwdRead = a.lines("/etc/passwd"), true
	}
	return a.passwd
}

func (a *Accounts) groups() []string {
	if !a.groupRead {
		a.group, a.groupRead = a.lines("/etc/group"), true
	}
	return a.group
}

func (a *Accounts) lines(path string) []string {
	b, err := a.r.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimRight(string(b), "\n"), "\n")
}

// UserByName finds a user.
func (a *Accounts) UserByName(name string) (User, bool) {
	for _, line := range a.users() {
		if strings.HasPrefix(line, name) && len(line) > len(name) && line[len(name)] == ':' {
			if u, ok := ParseUser(line); ok {
				return u, true
			}
		}
	}
	return ParseUser(a.getent("passwd", name))
}

// UserByID finds a user.
func (a *Accounts) UserByID(uid int) (User, bool) {
	id := strconv.Itoa(uid)
	for _, line := range a.users() {
		if thirdField(line) == id {
			if u, ok := ParseUser(line); ok {
				return u, true
			}
		}
	}
	return ParseUser(a.getent("passwd", id))
}

// GroupByName finds a group.
func (a *Accounts) GroupByName(name string) (Group, bool) {
	for _, line := range a.groups() {
		if strings.HasPrefix(line, name) && len(line) > len(name) && line[len(name)] == ':' {
			if g, ok := ParseGroup(line); ok {
				return g, true
			}
		}
	}
	return ParseGroup(a.getent("group", name))
}

// GroupByID finds a group.
func (a *Accounts) GroupByID(gid int) (Group, bool) {
	id := strconv.Itoa(gid)
	for _, line := range a.groups() {
		if thirdField(line) == id {
			if g, ok := ParseGroup(line); ok {
				return g, true
			}
		}
	}
	return ParseGroup(a.getent("group", id))
}

func thirdField(line string) string {
	_, rest, _ := strings.Cut(line, ":")
	_, rest, _ = strings.Cut(rest, ":")
	field, _, _ := strings.Cut(rest, ":")
	return field
}

// getent asks the name service switch for an entry that is not in the files.
func (a *Accounts) getent(database, key string) string {
	if key == "" || strings.HasPrefix(key, "-") || !a.otherSources(database) {
		return ""
	}
	out, err := a.r.Query(a.ctx, Command{Argv: []string{"getent", database, key}, Timeout: 20 * time.Second})
	if err != nil || out.Code != 0 {
		return ""
	}
	line, _, _ := strings.Cut(string(out.Stdout), "\n")
	return line
}

// otherSources reports whether nsswitch.conf names anything but files for a database.
func (a *Accounts) otherSources(database string) bool {
	if !a.nsswitchLoaded {
		a.nsswitch, a.nsswitchLoaded = strings.Join(a.lines("/etc/nsswitch.conf"), "\n"), true
	}
	for _, line := range strings.Split(a.nsswitch, "\n") {
		name, sources, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) != database {
			continue
		}
		sources, _, _ = strings.Cut(sources, "#")
		for _, s := range strings.Fields(sources) {
			if s != "files" && !strings.HasPrefix(s, "[") {
				return true
			}
		}
	}
	return false
}

// ParseUser reads a line of passwd.
func ParseUser(line string) (User, bool) {
	f := strings.Split(line, ":")
	if len(f) < 7 {
		return User{}, false
	}
	uid, err1 := strconv.Atoi(f[2])
	gid, err2 := strconv.Atoi(f[3])
	return User{Name: f[0], UID: uid, GID: gid, Gecos: f[4], Home: f[5], Shell: f[6]}, err1 == nil && err2 == nil
}

// ParseGroup reads a line of group.
func ParseGroup(line string) (Group, bool) {
	f := strings.Split(line, ":")
	if len(f) < 4 {
		return Group{}, false
	}
	gid, err := strconv.Atoi(f[2])
	g := Group{Name: f[0], GID: gid}
	if f[3] != "" {
		g.Members = strings.Split(f[3], ",")
	}
	return g, err == nil
}
