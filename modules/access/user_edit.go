package access

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// edit does in the files what useradd, usermod and userdel would do.
func (u userChange) edit(ctx context.Context, s sys.System) error {
	err := edit(ctx, s, allAccountFiles(), func(d *database) error {
		switch {
		case !u.to.Exists:
			u.removeFrom(s, d)
			return nil
		case !u.from.Exists:
			return u.addTo(s, d)
		}
		return u.changeIn(d)
	})
	if err != nil {
		return err
	}
	switch {
	case !u.to.Exists && u.Remove:
		return removeWithHome(s, u.Name, u.from.Home)
	case u.to.Exists && u.from.Exists && u.MoveHome && u.from.Home != u.to.Home:
		return moveHome(s, u.from.Home, u.to.Home)
	}
	return nil
}

func (u userChange) removeFrom(r sys.Reader, d *database) {
	for _, path := range []string{passwdFile, shadowFile, subuidFile, subgidFile} {
		d.in(path).remove(u.Name)
	}
	for _, path := range []string{groupFile, gshadowFile} {
		for _, line := range append([]string{}, d.in(path).lines...) {
			d.in(path).setMember(keyOf(line), u.Name, false, -1)
		}
	}
	own := d.in(groupFile).fields(u.Name)
	if len(own) > 3 && own[2] == strconv.Itoa(u.from.GID) && own[3] == "" && ownGroups(r) {
		d.in(groupFile).remove(u.Name)
		d.in(gshadowFile).remove(u.Name)
	}
}

// ownGroups reports whether every user gets a group of the same name.
func ownGroups(r sys.Reader) bool { return loginDefs(r)["USERGROUPS_ENAB"] != "no" }

func (u userChange) addTo(r sys.Reader, d *database) error {
	uid := u.to.UID
	var err error
	if uid == unknown {
		if uid, err = numberRange(r, "UID", u.System, u.UIDMin, u.UIDMax).free(takenNumbers(d.in(passwdFile)), u.System); err != nil {
			return err
		}
	}
	if err := u.uidFree(d, uid); err != nil {
		return err
	}
	gid, err := u.primaryGroup(r, d, uid)
	if err != nil {
		return err
	}
	defaults := useraddDefaults(r)
	home, shell := u.to.Home, u.to.Shell
	if home == "" {
		home = defaults["HOME"] + "/" + u.Name
	}
	if shell == "" {
		shell = defaults["SHELL"]
	}
	d.in(passwdFile).set(strings.Join([]string{u.Name, "x", strconv.Itoa(uid), strconv.Itoa(gid), u.to.Comment, home, shell}, ":"))
	defs := loginDefs(r)
	aging := []string{or(defs["PASS_MIN_DAYS"], "0"), or(defs["PASS_MAX_DAYS"], "99999"), or(defs["PASS_WARN_AGE"], "7")}
	if u.System {
		aging = []string{"", "", ""}
	}
	today := strconv.FormatInt(time.Now().Unix()/86400, 10)
	d.in(shadowFile).set(strings.Join([]string{u.Name, "!", today, aging[0], aging[1], aging[2], "", "", ""}, ":"))
	if field, set := u.passwordField(); set {
		setPasswordField(d, u.Name, field)
	}
	u.editGroups(d)
	u.editAging(d)
	return nil
}

func (u userChange) uidFree(d *database, uid int) error {
	if owner := ownerOf(d.in(passwdFile), uid); owner != "" && owner != u.Name && !u.NonUnique {
		return modules.Fail(modules.Result{"name": u.Name, "rc": 4}, "UID %d is not unique: user %s has it", uid, owner)
	}
	return nil
}

// primaryGroup is the group given, or the user's own new one, or the default one where a group of the user's name
// exists or users have no groups of their own.
func (u userChange) primaryGroup(r sys.Reader, d *database, uid int) (int, error) {
	if u.Group != nil {
		return u.to.GID, nil
	}
	if d.in(groupFile).find(u.Name) >= 0 || !ownGroups(r) {
		if gid, err := strconv.Atoi(useraddDefaults(r)["GROUP"]); err == nil {
			return gid, nil
		}
		return 100, nil
	}
	gid := uid
	if ownerOf(d.in(groupFile), gid) != "" {
		var err error
		if gid, err = numberRange(r, "GID", u.System, nil, nil).free(takenNumbers(d.in(groupFile)), u.System); err != nil {
			return 0, err
		}
	}
	setGroup(d, u.Name, gid)
	return gid, nil
}

func useraddDefaults(r sys.Reader) map[string]string {
	defaults := map[string]string{"HOME": "/home", "SHELL": "/bin/sh", "GROUP": "100"}
	data, err := r.ReadFile("/etc/default/useradd")
	if err != nil {
		return defaults
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") && value != "" {
			defaults[name] = value
		}
	}
	return defaults
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func (u userChange) changeIn(d *database) error {
	f := d.in(passwdFile).fields(u.Name)
	if len(f) < 7 {
		return modules.Fail(modules.Result{"name": u.Name}, "user '%s' is not in %s: accounts of a directory cannot be changed here", u.Name, passwdFile)
	}
	if u.from.UID != u.to.UID {
		if err := u.uidFree(d, u.to.UID); err != nil {
			return err
		}
	}
	f[2], f[3], f[4], f[5], f[6] = strconv.Itoa(u.to.UID), strconv.Itoa(u.to.GID), u.to.Comment, u.to.Home, u.to.Shell
	d.in(passwdFile).set(strings.Join(f, ":"))
	if field, set := u.passwordField(); set {
		setPasswordField(d, u.Name, field)
	} else if s := d.in(shadowFile).fields(u.Name); len(s) > 1 && u.from.Locked != u.to.Locked {
		s[1] = strings.TrimPrefix(s[1], "!")
		if u.to.Locked {
			s[1] = "!" + s[1]
		}
		d.in(shadowFile).set(strings.Join(s, ":"))
	}
	u.editGroups(d)
	u.editAging(d)
	return nil
}

// setPasswordField sets the hash and the day of its change.
func setPasswordField(d *database, name, field string) {
	if s := d.in(shadowFile).fields(name); len(s) > 2 {
		s[1], s[2] = field, strconv.FormatInt(time.Now().Unix()/86400, 10)
		d.in(shadowFile).set(strings.Join(s, ":"))
		return
	}
	if f := d.in(passwdFile).fields(name); len(f) > 1 {
		f[1] = field
		d.in(passwdFile).set(strings.Join(f, ":"))
	}
}

func (u userChange) editGroups(d *database) {
	if u.Groups == nil {
		return
	}
	wanted := map[string]bool{}
	for _, g := range u.to.Groups {
		wanted[g] = true
	}
	for _, path := range []string{groupFile, gshadowFile} {
		for _, line := range append([]string{}, d.in(path).lines...) {
			d.in(path).setMember(keyOf(line), u.Name, wanted[keyOf(line)], -1)
		}
	}
}

func (u userChange) editAging(d *database) {
	s := d.in(shadowFile).fields(u.Name)
	if len(s) < 9 && (u.from.Expires != noEntry || u.Expires == nil) {
		return
	}
	if account := d.in(passwdFile).fields(u.Name); len(s) < 9 {
		s = []string{u.Name, account[1], strconv.FormatInt(time.Now().Unix()/86400, 10), "", "", "", "", "", ""}
	}
	for i, n := range []struct {
		given bool
		value int
	}{{u.ExpireMin != nil, u.to.Min}, {u.ExpireMax != nil, u.to.Max}, {u.ExpireWarn != nil, u.to.Warn},
		{u.ExpireDisable != nil, u.to.Inactive}, {u.Expires != nil, u.to.Expires}} {
		switch {
		case !n.given:
		case n.value == unknown:
			s[3+i] = ""
		default:
			s[3+i] = strconv.Itoa(n.value)
		}
	}
	d.in(shadowFile).set(strings.Join(s, ":"))
}
