package access

import (
	"slices"
	"strings"
	"time"
)

var dayZero = time.Unix(0, 0).UTC()

func wantUser(p UserParams, now UserState) (UserState, error) {
	want := now
	want.planned, want.out = true, &printed{}
	if p.State == "absent" {
		if now.Exists {
			want = UserState{planned: true, out: want.out, seen: now.seen, HomeThere: now.HomeThere && !p.Remove}
		}
		return want, nil
	}
	if now.Exists {
		if err := now.seen.missing(p); err != nil {
			return want, err
		}
	} else {
		want.UID, want.GID, want.Expires, want.Min, want.Max, want.Warn, want.Inactive =
			unknown, unknown, unknown, unknown, unknown, unknown, unknown
	}
	want.Exists = true
	take(&want.UID, p.UID)
	take(&want.Comment, p.Comment)
	take(&want.Home, p.Home)
	take(&want.Shell, p.Shell)
	take(&want.Min, p.ExpireMin)
	take(&want.Max, p.ExpireMax)
	take(&want.Warn, p.ExpireWarn)
	take(&want.Inactive, p.ExpireDisable)
	if p.Group != nil {
		want.GID = now.seen.primary
	}
	if p.Expires != nil {
		want.Expires = days(*p.Expires)
	}
	want.HomeThere = now.HomeThere || p.CreateHome
	wantGroups(p, now, &want)
	wantPassword(p, now, &want)
	if p.GenerateSSHKey && (now.Key == "" || p.Force) {
		want.Key = newKey
	}
	return want, nil
}

func take[T any](field, param *T) {
	if param != nil {
		*field = *param
	}
}

func wantGroups(p UserParams, now UserState, want *UserState) {
	if p.Groups == nil {
		return
	}
	want.Groups = now.seen.wanted(p.Groups)
	if p.Append {
		want.Groups = append(want.Groups, now.Groups...)
		slices.Sort(want.Groups)
		want.Groups = slices.Compact(want.Groups)
	}
}

// wantPassword sets the password when it is to be set, and its lock. A new password unlocks unless the lock is
// wanted; an account without a password cannot be unlocked.
func wantPassword(p UserParams, now UserState, want *UserState) {
	set := p.Password != nil && (!now.Exists || p.UpdatePassword == "always")
	if set && passwordDigest(*p.Password) != now.Password {
		want.Password = passwordDigest(*p.Password)
		want.Locked = strings.HasPrefix(*p.Password, "!")
	}
	switch {
	case p.PasswordLock == nil:
	case *p.PasswordLock, !now.Exists && p.Password == nil: // a new account without a password is locked anyway
		want.Locked = true
	case want.Password != passwordDigest(""):
		want.Locked = false
	}
}
