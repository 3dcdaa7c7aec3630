package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// UserState is an account. Numbers that the system chooses, or that cannot be read, are unknown; the password shows as
// a digest only.
type UserState struct {
	Exists    bool     `json:"exists"`
	UID       int      `json:"uid"`
	GID       int      `json:"gid"`
	Comment   string   `json:"comment"`
	Home      string   `json:"home"`
	Shell     string   `json:"shell"`
	Password  string   `json:"password"` // SHA-256 of the field without the lock
	Locked    bool     `json:"locked"`
	Groups    []string `json:"groups"` // that list the user, sorted
	Expires   int      `json:"expires"`
	Min       int      `json:"min"`
	Max       int      `json:"max"`
	Warn      int      `json:"warn"`
	Inactive  int      `json:"inactive"`
	HomeThere bool     `json:"home_there"`
	Key       string   `json:"key"`            // SHA-256 of the SSH key, newKey where one is to be made
	Made      []string `json:"made,omitempty"` // folders above the home that were not there before the change, outermost first
	Kept      string   `json:"kept,omitempty"`

	planned bool
	seen    seenGroups
	key     keyFacts
	out     *printed
}

// seenGroups is what reading found of the groups that the parameters name: the names of numbers, the numbers of names.
type seenGroups struct {
	primary int // gid of the parameter group; unknown where there is none such
	names   map[string]string
}

const newKey = "new"

// noEntry stands for the dates of an account that has no line in shadow: any date given makes one.
const noEntry = -2

func equalUsers(a, b UserState) bool {
	return a.Exists == b.Exists && a.UID == b.UID && a.GID == b.GID && a.Comment == b.Comment && a.Home == b.Home &&
		a.Shell == b.Shell && a.Password == b.Password && a.Locked == b.Locked && slices.Equal(a.Groups, b.Groups) &&
		a.Expires == b.Expires && a.Min == b.Min && a.Max == b.Max && a.Warn == b.Warn && a.Inactive == b.Inactive &&
		a.HomeThere == b.HomeThere && a.Key == b.Key
}

// settledUser accepts what the system chose by itself for a new account.
func settledUser(p UserParams, want, got UserState) bool {
	if !want.Exists || !got.Exists {
		return want.Exists == got.Exists
	}
	for _, n := range []struct{ want, got *int }{{&want.UID, &got.UID}, {&want.GID, &got.GID}, {&want.Expires, &got.Expires},
		{&want.Min, &got.Min}, {&want.Max, &got.Max}, {&want.Warn, &got.Warn}, {&want.Inactive, &got.Inactive}} {
		if *n.want == unknown {
			*n.want = *n.got
		}
	}
	for _, t := range []struct{ want, got *string }{{&want.Home, &got.Home}, {&want.Shell, &got.Shell}, {&want.Password, &got.Password}} {
		if *t.want == "" {
			*t.want = *t.got
		}
	}
	if want.Key == newKey && got.Key != "" {
		want.Key = got.Key
	}
	if p.PasswordLock == nil && p.Password == nil {
		want.Locked = got.Locked
	}
	if p.Groups == nil {
		want.Groups = got.Groups
	}
	if !want.HomeThere {
		want.HomeThere = got.HomeThere
	}
	return equalUsers(want, got)
}

func readUser(ctx context.Context, r sys.Reader, p UserParams) (UserState, error) {
	d, err := openDatabase(r, passwdFile, groupFile, shadowFile)
	if err != nil {
		return UserState{}, err
	}
	accounts := sys.NewAccounts(ctx, r)
	s := UserState{seen: lookAtGroups(accounts, p)}
	account, ok := sys.ParseUser(strings.Join(d.in(passwdFile).fields(p.Name), ":"))
	if !ok && !p.Local {
		account, ok = accounts.UserByName(p.Name)
	}
	home := account.Home
	if p.Home != nil {
		home = *p.Home
	}
	if st, err := r.Stat(home); err == nil && home != "" {
		s.HomeThere = st.IsDir()
	}
	if !ok {
		return s, nil
	}
	s.Exists, s.UID, s.GID, s.Comment, s.Home, s.Shell = true, account.UID, account.GID, account.Gecos, account.Home, account.Shell
	for _, line := range d.in(groupFile).lines {
		if slices.Contains(members(line), p.Name) {
			s.Groups = append(s.Groups, keyOf(line))
		}
	}
	slices.Sort(s.Groups)
	s.readShadow(d, p.Name)
	if p.GenerateSSHKey && !modules.Undoing(ctx) || p.GenerateSSHKey && s.HomeThere {
		s.readKey(ctx, r, p, home)
	}
	return s, nil
}

// readShadow takes password and dates from shadow, or the password from passwd where it still stands there.
func (s *UserState) readShadow(d *database, name string) {
	s.Expires, s.Min, s.Max, s.Warn, s.Inactive = unknown, unknown, unknown, unknown, unknown
	field := ""
	if f := d.in(passwdFile).fields(name); len(f) > 1 {
		field = f[1]
	}
	if f := d.in(shadowFile).fields(name); len(f) >= 8 {
		field = f[1]
		for i, n := range []*int{&s.Min, &s.Max, &s.Warn, &s.Inactive, &s.Expires} {
			if v, err := strconv.Atoi(f[3+i]); err == nil {
				*n = v
			}
		}
	} else if d.in(shadowFile).found {
		s.Expires = noEntry
	}
	s.Password, s.Locked = passwordDigest(field), strings.HasPrefix(field, "!")
}

func passwordDigest(field string) string {
	sum := sha256.Sum256([]byte(strings.TrimLeft(field, "!")))
	return hex.EncodeToString(sum[:])
}

func lookAtGroups(accounts *sys.Accounts, p UserParams) seenGroups {
	find := func(name string) (sys.Group, bool) {
		if gid, err := strconv.Atoi(name); err == nil {
			if g, ok := accounts.GroupByID(gid); ok {
				return g, true
			}
		}
		return accounts.GroupByName(name)
	}
	seen := seenGroups{primary: unknown, names: map[string]string{}}
	if p.Group != nil {
		if g, ok := find(*p.Group); ok {
			seen.primary = g.GID
		}
	}
	for _, name := range p.Groups {
		if g, ok := find(name); ok {
			seen.names[name] = g.Name
		}
	}
	return seen
}

// missing is an error for a group that the parameters name and that does not exist.
func (seen seenGroups) missing(p UserParams) error {
	if p.Group != nil && seen.primary == unknown {
		return modules.Fail(modules.Result{"name": p.Name}, "Group %s does not exist", *p.Group)
	}
	for _, name := range p.Groups {
		if seen.names[name] == "" {
			return modules.Fail(modules.Result{"name": p.Name}, "Group %s does not exist", name)
		}
	}
	return nil
}

// wanted lists the groups given, by name.
func (seen seenGroups) wanted(groups []string) []string {
	var list []string
	for _, g := range groups {
		name := seen.names[g]
		if name == "" {
			name = g
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// days turns the parameter expires into days since 1970; a negative one is no date.
func days(seconds float64) int {
	if seconds < 0 {
		return unknown
	}
	return int(math.Floor(seconds)) / 86400
}

func dateOf(days int) string {
	if days == unknown {
		return ""
	}
	return dayZero.AddDate(0, 0, days).Format("2006-01-02")
}
