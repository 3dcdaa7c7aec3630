package access

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

func applyUser(ctx context.Context, s sys.System, p UserParams, from, to UserState) error {
	if modules.Undoing(ctx) {
		return undoUser(ctx, s, p, from, to)
	}
	if to.Exists && !from.Exists {
		if err := to.seen.missing(p); err != nil {
			return err
		}
	}
	expected := p.newHome(s, from)
	u := userChange{UserParams: p, from: from, to: to}
	if p.Local || !hasProgram(s, "useradd") {
		if err := u.edit(ctx, s); err != nil {
			return err
		}
	} else if err := u.run(ctx, s); err != nil {
		return err
	}
	if !to.Exists {
		return nil
	}
	now, err := readUser(ctx, s, p)
	if err != nil {
		return err
	}
	if to.HomeThere && !now.HomeThere {
		if err := makeHome(s, p, now); err != nil {
			return err
		}
	}
	if to.HomeThere && now.Home == expected {
		if err := copied(s, p.skeleton(), expected); err != nil {
			return err
		}
	}
	if to.Key == newKey {
		return u.generateKey(ctx, s, now)
	}
	return nil
}

// userChange is an account on its way from one state to another.
type userChange struct {
	UserParams
	from, to UserState
}

// run makes the change with the programs of the shadow suite.
func (u userChange) run(ctx context.Context, s sys.System) error {
	switch {
	case !u.to.Exists:
		return u.program(ctx, s, u.userdel()...)
	case !u.from.Exists:
		if err := u.makeParents(s); err != nil {
			return err
		}
		if err := u.program(ctx, s, u.useradd(s)...); err != nil {
			return err
		}
	default:
		if argv := u.usermod(); len(argv) > 1 {
			if err := u.program(ctx, s, argv...); err != nil {
				return err
			}
		}
	}
	if err := u.setPassword(ctx, s); err != nil {
		return err
	}
	if argv := u.chage(); len(argv) > 1 {
		return u.program(ctx, s, argv...)
	}
	return nil
}

func (u userChange) program(ctx context.Context, s sys.System, argv ...string) error {
	return program(ctx, s, u.failure(), u.to.out, sys.Command{Argv: append(argv, u.Name)})
}

// failure has the keys of a failed program's result.
func (u userChange) failure() modules.Result { return modules.Result{"name": u.Name, "rc": nil} }

func (u userChange) userdel() []string {
	argv := []string{"userdel"}
	if u.Force {
		argv = append(argv, "-f")
	}
	if u.Remove {
		argv = append(argv, "-r")
	}
	return argv
}

// arguments builds a command line of options with values.
type arguments []string

func (a *arguments) text(option string, value *string) {
	if value != nil {
		*a = append(*a, option, *value)
	}
}

func (a *arguments) number(option, prefix string, value *int) {
	if value != nil {
		*a = append(*a, option, prefix+strconv.Itoa(*value))
	}
}

func (a *arguments) flag(option string, on bool) {
	if on {
		*a = append(*a, option)
	}
}

func (u userChange) useradd(r sys.Reader) []string {
	a := arguments{"useradd"}
	a.number("-u", "", u.UID)
	a.flag("-o", u.UID != nil && u.NonUnique)
	a.text("-Z", u.SEUser)
	a.text("-g", u.Group)
	if u.Group == nil {
		a.flag("-N", groupTaken(r, u.Name)) // else useradd refuses to make the user's own group
	}
	if len(u.to.Groups) > 0 {
		a = append(a, "-G", strings.Join(u.to.Groups, ","))
	}
	a.text("-c", u.Comment)
	a.text("-d", u.Home)
	a.text("-s", u.Shell)
	if u.Expires != nil {
		a = append(a, "-e", dateOf(u.to.Expires))
	}
	a.number("-K", "UID_MIN=", u.UIDMin)
	a.number("-K", "UID_MAX=", u.UIDMax)
	if u.CreateHome {
		a = append(a, "-m")
		a.text("-k", u.Skeleton)
		if u.Umask != nil {
			a = append(a, "-K", "UMASK="+*u.Umask)
		}
	} else {
		a = append(a, "-M")
	}
	a.flag("-r", u.System)
	return a
}

func groupTaken(r sys.Reader, name string) bool {
	d, err := openDatabase(r, groupFile)
	return err == nil && d.in(groupFile).find(name) >= 0
}

func (u userChange) usermod() []string {
	a := arguments{"usermod"}
	if u.from.UID != u.to.UID {
		a.number("-u", "", &u.to.UID)
		a.flag("-o", u.NonUnique)
	}
	if u.from.GID != u.to.GID {
		a.number("-g", "", &u.to.GID)
	}
	if !slices.Equal(u.from.Groups, u.to.Groups) {
		a.flag("-a", u.Append)
		groups := u.to.Groups
		if u.Append {
			groups = u.from.seen.wanted(u.Groups)
		}
		a = append(a, "-G", strings.Join(groups, ","))
	}
	if u.from.Comment != u.to.Comment {
		a.text("-c", &u.to.Comment)
	}
	if u.from.Home != u.to.Home {
		a.text("-d", &u.to.Home)
		a.flag("-m", u.MoveHome)
	}
	if u.from.Shell != u.to.Shell {
		a.text("-s", &u.to.Shell)
	}
	if u.from.Expires != u.to.Expires {
		a = append(a, "-e", dateOf(u.to.Expires))
	}
	if u.from.Locked != u.to.Locked && u.from.Password == u.to.Password {
		a.flag("-L", u.to.Locked)
		a.flag("-U", !u.to.Locked)
	}
	return a
}

// setPassword gives chpasswd the hash on its standard input: a command line is for everybody to read.
func (u userChange) setPassword(ctx context.Context, s sys.System) error {
	field, set := u.passwordField()
	if !set {
		return nil
	}
	if !hasProgram(s, "chpasswd") {
		return edit(ctx, s, []string{passwdFile, shadowFile}, func(d *database) error {
			setPasswordField(d, u.Name, field)
			return nil
		})
	}
	return program(ctx, s, u.failure(), u.to.out, sys.Command{Argv: []string{"chpasswd", "-e"}, Stdin: strings.NewReader(u.Name + ":" + field + "\n")})
}

// passwordField is the new content of the password field, if there is a new one.
func (u userChange) passwordField() (string, bool) {
	set := u.Password != nil && (!u.from.Exists || u.UpdatePassword == "always") && u.from.Password != u.to.Password
	if !set {
		return "", false
	}
	field := *u.Password
	if u.to.Locked && !strings.HasPrefix(field, "!") {
		field = "!" + field
	}
	return field, true
}

func (u userChange) chage() []string {
	a := arguments{"chage"}
	for _, o := range []struct {
		option   string
		param    *int
		from, to int
	}{{"-m", u.ExpireMin, u.from.Min, u.to.Min}, {"-M", u.ExpireMax, u.from.Max, u.to.Max},
		{"-W", u.ExpireWarn, u.from.Warn, u.to.Warn}, {"-I", u.ExpireDisable, u.from.Inactive, u.to.Inactive}} {
		if o.param != nil && (!u.from.Exists || o.from != o.to) {
			a.number(o.option, "", o.param)
		}
	}
	return a
}

// makeParents makes the folders above a new home, which useradd does not.
func (u userChange) makeParents(s sys.System) error {
	if u.Home == nil || !u.CreateHome {
		return nil
	}
	return mkdirAll(s, path.Dir(*u.Home))
}
