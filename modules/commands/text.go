package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// expandAll replaces $NAME, ${NAME} and a leading ~ or ~user in every word, as known to the host; what is unknown stays.
func expandAll(ctx context.Context, r sys.Reader, words []string) []string {
	env := map[string]string{}
	for _, pair := range r.Environ() {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	accounts := sys.NewAccounts(ctx, r)
	out := make([]string, len(words))
	for i, word := range words {
		word = modules.ExpandVars(word, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		out[i] = expandHome(accounts, env["HOME"], r.Getuid(), word)
	}
	return out
}

func expandHome(accounts *sys.Accounts, home string, uid int, word string) string {
	if !strings.HasPrefix(word, "~") {
		return word
	}
	name, rest, slash := strings.Cut(word[1:], "/")
	if slash {
		rest = "/" + rest
	}
	if name != "" || home == "" {
		user, ok := accounts.UserByName(name)
		if name == "" {
			user, ok = accounts.UserByID(uid)
		}
		if !ok {
			return word
		}
		home = user.Home
	}
	if expanded := strings.TrimRight(home, "/") + rest; expanded != "" {
		return expanded
	}
	return "/"
}

// osError is an operating system's error in Python's words, which playbooks compare with.
func osError(number int, text, name string) string {
	return fmt.Sprintf("[Errno %d] %s: b%s", number, text, modules.PyRepr(name))
}

// sentence begins with a capital letter, as the C library's messages do.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// timestamp is a local time to the microsecond.
func timestamp(t time.Time) string {
	if t.Nanosecond() < 1000 {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04:05.000000")
}

// duration is a time span such as 0:00:03.001265 or 1 day, 0:00:01.
func duration(d time.Duration) string {
	d = max(d, 0).Truncate(time.Microsecond)
	out := ""
	switch days := d / (24 * time.Hour); {
	case days == 1:
		out = "1 day, "
	case days > 1:
		out = fmt.Sprintf("%d days, ", days)
	}
	d %= 24 * time.Hour
	out += fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
	if micro := d % time.Second / time.Microsecond; micro > 0 {
		out += fmt.Sprintf(".%06d", micro)
	}
	return out
}
