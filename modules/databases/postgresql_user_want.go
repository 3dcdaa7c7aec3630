package databases

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
)

func wantRole(p PostgresUserParams, now PostgresUserState) (PostgresUserState, error) {
	want := now
	want.Flags, want.Grants = maps.Clone(now.Flags), cloneGrants(now.Grants)
	if p.State == "absent" {
		return p.wantGone(now, want)
	}
	if p.User != pgPublic {
		p.wantAttributes(now, &want)
	}
	for i := range want.Grants {
		g := &want.Grants[i]
		for _, name := range p.wished(*g) {
			if _, held := g.Held[name]; !held {
				g.Held[name] = false
			}
		}
	}
	return want, nil
}

func (p PostgresUserParams) wantAttributes(now PostgresUserState, want *PostgresUserState) {
	if !now.Exists {
		want.Exists, want.ConnLimit, want.Flags = true, -1, maps.Clone(newRole)
	}
	maps.Copy(want.Flags, p.flags)
	if p.ConnLimit != nil {
		want.ConnLimit = *p.ConnLimit
	}
	if p.Expires != nil {
		want.Expires = now.expires
	}
	if p.Comment != nil {
		want.Comment = *p.Comment
	}
	switch {
	case p.Password == nil, now.Exists && (p.NoPasswordChanges || now.verifies):
	case *p.Password == "":
		want.Password = ""
	default:
		want.Password = newPassword
	}
}

// newRole are the attributes that CREATE USER gives.
var newRole = map[string]bool{"SUPERUSER": false, "CREATEROLE": false, "CREATEDB": false, "INHERIT": true, "LOGIN": true, "REPLICATION": false, "BYPASSRLS": false}

// wantGone is a role that is removed; what the parameter priv names is taken from it first. A role that something still
// belongs to cannot be removed.
func (p PostgresUserParams) wantGone(now, want PostgresUserState) (PostgresUserState, error) {
	if !now.Exists {
		return want, nil
	}
	left := now.Depends
	for i := range want.Grants {
		g := &want.Grants[i]
		if g.Kind == pgMember {
			continue
		}
		had := len(g.Held)
		for _, name := range p.wished(*g) {
			delete(g.Held, name)
		}
		if had > 0 && len(g.Held) == 0 {
			left--
		}
	}
	switch {
	case left <= 0 && p.User != pgPublic:
		return PostgresUserState{Depends: unknown}, nil
	case p.FailOnUser:
		return now, fmt.Errorf("Unable to remove user: role %q cannot be dropped because %d objects depend on it", p.User, left) //nolint:staticcheck,revive // Ansible's words
	}
	return want, nil
}

// wished are the privileges that the parameters name for an object.
func (p PostgresUserParams) wished(g pgGrant) []string {
	switch g.Kind {
	case pgMember:
		return []string{pgMembership}
	case "DATABASE":
		return p.wishes(func(w pgWish) bool { return w.table == "" })
	}
	return p.wishes(func(w pgWish) bool { return pgName(w.schema)+"."+pgName(w.table) == g.Name })
}

func (p PostgresUserParams) wishes(about func(pgWish) bool) []string {
	var out []string
	for _, w := range p.privs {
		if about(w) {
			out = append(out, w.privileges...)
		}
	}
	return out
}

// secret is what the server is to store of the password, where that changes: what the journal kept, or what is computed of
// the password given.
func (p PostgresUserParams) secret(ctx context.Context, s *pgSession, from, to PostgresUserState) (string, error) {
	switch {
	case to.Password == "" || to.Password == from.Password || !to.Exists:
		return "", nil
	case modules.Undoing(ctx):
		if to.Kept == "" {
			return "", errNoPassword
		}
		r, err := modules.OpenContent(ctx, to.Kept)
		if err != nil {
			return "", err
		}
		defer r.Close() //nolint:errcheck // only read
		text, err := io.ReadAll(r)
		return string(text), err
	}
	if from.Password == hiddenPassword {
		modules.Warn(ctx, "The server does not show what it stores of passwords: whether this one is new is unknown, and an undo cannot give the old one back")
	}
	encryption, err := s.value(ctx, "SELECT current_setting('password_encryption')")
	if err != nil {
		return "", err
	}
	rounds := scramRounds
	if text, err := s.value(ctx, "SELECT current_setting('scram_iterations', true)"); err == nil && text != "" {
		if rounds, err = strconv.Atoi(text); err != nil {
			return "", err
		}
	}
	return newVerifier(encryption, p.User, *p.Password, rounds)
}

// statements lead from one state of a role to another; secret is what the server is to store of a new password.
func (p PostgresUserParams) statements(from, to PostgresUserState, secret string) []pgStatement {
	name := pgName(p.User)
	if from.Exists && !to.Exists {
		own := slices.DeleteFunc(slices.Clone(from.Grants), func(g pgGrant) bool { return g.Kind == pgMember })
		return append(pgSteps(own, nil), pgPlain("DROP USER "+name))
	}
	if !to.Exists {
		return nil
	}
	var out []pgStatement
	verb, before := "ALTER", from
	if !from.Exists {
		verb, before = "CREATE", PostgresUserState{Flags: newRole, ConnLimit: -1}
	}
	clauses := attributeClauses(before, to, secret)
	if verb == "CREATE" || clauses.sql != "" {
		out = append(out, pgStatement{verb + " USER " + name + clauses.sql, verb + " USER " + name + clauses.shown})
	}
	out = append(out, pgSteps(from.Grants, to.Grants)...)
	if before.Comment != to.Comment {
		text := "NULL"
		if to.Comment != "" {
			text = pgText(to.Comment)
		}
		out = append(out, pgPlain("COMMENT ON ROLE "+name+" IS "+text))
	}
	return append(out, settingStatements(p.User, before.Settings, to.Settings)...)
}

func attributeClauses(from, to PostgresUserState, secret string) pgStatement {
	var out pgStatement
	add := func(sql, shown string) { out.sql, out.shown = out.sql+" "+sql, out.shown+" "+shown }
	switch {
	case from.Password == to.Password:
	case to.Password == "":
		add("WITH PASSWORD NULL", "WITH PASSWORD NULL")
	default:
		add("WITH ENCRYPTED PASSWORD "+pgText(secret), "WITH ENCRYPTED PASSWORD %(password)s")
	}
	if from.Expires != to.Expires {
		until := to.Expires
		if until == "" {
			until = "infinity" // a date cannot be taken away by a statement; both are never
		}
		add("VALID UNTIL "+pgText(until), "VALID UNTIL %(expires)s")
	}
	if from.ConnLimit != to.ConnLimit {
		limit := "CONNECTION LIMIT " + strconv.Itoa(to.ConnLimit)
		add(limit, limit)
	}
	for _, flag := range slices.Sorted(maps.Keys(to.Flags)) {
		if on := to.Flags[flag]; on != from.Flags[flag] {
			if !on {
				flag = "NO" + flag
			}
			add(flag, flag)
		}
	}
	return out
}

// settingStatements give a role its settings. Going by the setting of the session, a value that is a list stays one.
func settingStatements(role string, from, to []pgSetting) []pgStatement {
	if slices.Equal(from, to) {
		return nil
	}
	var out []pgStatement
	for _, s := range to {
		if slices.Contains(from, s) {
			continue
		}
		place := ""
		if s.Database != "" {
			place = " IN DATABASE " + pgName(s.Database)
		}
		parts := strings.Split(s.Name, ".")
		out = append(out, pgPlain("SELECT set_config("+pgText(s.Name)+", "+pgText(s.Value)+", true)"),
			pgPlain("ALTER ROLE "+pgName(role)+place+" SET "+strings.ReplaceAll(pgNames(parts), ", ", ".")+" FROM CURRENT"))
	}
	return out
}
