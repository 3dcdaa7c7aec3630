package modules

import (
	"context"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// expander expands ~ and $VAR in paths against the host's environment, as the user the module runs as.
type expander struct {
	ctx context.Context
	r   sys.Reader
}

func (x expander) path(s string) string {
	if strings.IndexByte(s, '$') >= 0 {
		s = ExpandVars(s, func(name string) (string, bool) { return lookupEnv(x.r, name) })
	}
	if strings.HasPrefix(s, "~") {
		s = x.home(s)
	}
	return s
}

func lookupEnv(r sys.Reader, name string) (string, bool) {
	if r == nil {
		return "", false
	}
	env := r.Environ()
	for i := len(env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(env[i], "="); ok && k == name {
			return v, true
		}
	}
	return "", false
}

// home replaces a leading ~ or ~user; unknown users are left as they are.
func (x expander) home(s string) string {
	name, rest, _ := strings.Cut(s[1:], "/")
	if strings.Contains(s, "/") {
		rest = "/" + rest
	}
	dir := ""
	if name == "" {
		dir, _ = lookupEnv(x.r, "HOME")
	}
	if dir == "" && x.r != nil {
		accounts := sys.NewAccounts(x.ctx, x.r)
		var u sys.User
		var ok bool
		if name == "" {
			u, ok = accounts.UserByID(x.r.Getuid())
		} else {
			u, ok = accounts.UserByName(name)
		}
		if ok {
			dir = u.Home
		}
	}
	if dir == "" {
		return s
	}
	if dir = strings.TrimRight(dir, "/"); dir+rest == "" {
		return "/"
	}
	return dir + rest
}

// ExpandVars replaces $NAME and ${NAME} where lookup knows the name and leaves the rest as it is.
func ExpandVars(s string, lookup func(string) (string, bool)) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 >= len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		name, n := variableName(s[i+1:])
		if v, ok := lookup(name); ok && name != "" {
			b.WriteString(v)
		} else {
			b.WriteString(s[i : i+1+n])
		}
		s = s[i+1+n:]
	}
}

// variableName returns the name at the start of s (with or without braces) and how many bytes it takes.
func variableName(s string) (string, int) {
	if s[0] == '{' {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return "", 1
		}
		return s[1:end], end + 1
	}
	n := 0
	for n < len(s) && (s[n] == '_' || s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z') {
		n++
	}
	return s[:n], n
}
