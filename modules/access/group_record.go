package access

import (
	"context"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// primaryGroup is the field of a user's line that holds the number of the primary group.
const primaryGroup = 3

// keepGroup stores a group's record, and whose primary group it is: with a group's number groupmod changes theirs.
func keepGroup(r sys.Reader, name string, keep modules.KeepFunc) (string, error) {
	d, err := openDatabase(r, groupFile, gshadowFile, passwdFile)
	if err != nil {
		return "", err
	}
	rec := recordOf(d, name, groupFile, gshadowFile)
	if f := d.in(groupFile).fields(name); len(f) > 2 {
		rec.Primary = usersOf(d, f[2])
	}
	return keepAs(rec, name, keep)
}

func restoreGroup(ctx context.Context, s sys.System, name, digest string) error {
	rec, err := keptRecord(ctx, name, digest)
	if err != nil {
		return err
	}
	return edit(ctx, s, []string{groupFile, gshadowFile, passwdFile}, func(d *database) error {
		rec.restore(d, name, groupFile, gshadowFile)
		rec.restorePrimary(d)
		return nil
	})
}

// usersOf maps the users whose primary group has a number to that number.
func usersOf(d *database, gid string) map[string]string {
	users := map[string]string{}
	if gid == "" {
		return users
	}
	for _, line := range d.in(passwdFile).lines {
		if f := strings.Split(line, ":"); len(f) > primaryGroup && f[primaryGroup] == gid {
			users[f[0]] = gid
		}
	}
	return users
}

// restorePrimary gives users who are still there their primary group again.
func (rec record) restorePrimary(d *database) {
	for user, gid := range rec.Primary {
		d.setPrimary(user, gid)
	}
}

// setPrimary gives a user who is there a primary group.
func (d *database) setPrimary(user, gid string) {
	t := d.in(passwdFile)
	if f := t.fields(user); len(f) > primaryGroup {
		f[primaryGroup] = gid
		t.set(strings.Join(f, ":"))
	}
}
