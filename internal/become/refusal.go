package become

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/musterhq/muster/transport/wire"
)

// refusal is what a phrase among the last words means.
type refusal struct {
	phrase string // in lower case
	make   func(p Plan, asked bool) *Failure
}

func refusals() []refusal {
	return []refusal{
		{"sorry, try again", wrongOrMissing},
		{"incorrect password attempt", wrongOrMissing},
		{"authentication failure", wrongOrMissing},
		{"authentication failed", wrongOrMissing},
		{"a password is required", missing},
		{"password is required to run", missing},
		{"no password was provided", missing},
		{"authentication required", missing},
		{"a terminal is required to read the password", missing},
		{"must be run from a terminal", because("it wants a terminal")},
		{"you must have a tty", needsTTY},
		{"a tty is required", needsTTY},
		{"unknown user", unknownUser},
		{"does not exist", unknownUser},
		{"no passwd entry", unknownUser},
		{"not in the sudoers file", notPermitted},
		{"may not run sudo", notPermitted},
		{"not allowed to execute", notPermitted},
		{"operation not permitted", notPermitted},
		{"unable to execute", cannotExecute},
		{"exec: ", cannotExecute},
		{"permission denied", deniedOrUnreachable},
		{"this account is currently not available", because("its shell is nologin; become_flags: -s /bin/sh helps where root asks")},
		{"account has expired", because("the account has expired")},
		{"no new privileges", because("the connection's processes may not gain privileges")},
		{"must be owned by uid 0 and have the setuid bit set", because("its program is not setuid root")},
	}
}

// Refused explains why the method ended with an exit code before the program began. err is why it could not even be
// started, or nil.
func (d *Dialogue) Refused(code int, err error) *Failure {
	p := d.plan
	if err != nil {
		return &Failure{Kind: wire.KindBecome, What: fmt.Sprintf("%s cannot be started: %v", p.Argv[0], err),
			Hint: "install it, or choose another become_method"}
	}
	text := strings.ToLower(d.Text())
	for _, r := range refusals() {
		if strings.Contains(text, r.phrase) {
			f := r.make(p, d.Asked())
			if f.Kind == wire.KindBecome {
				f.What = appendWords(f.What, lastWords(lineWith(d.Text(), r.phrase)))
			}
			return f
		}
	}
	if code == 127 {
		return &Failure{Kind: wire.KindBecome, What: p.Argv[0] + " is not installed", Hint: "install it, or choose another become_method"}
	}
	if d.Asked() && p.Method == "su" {
		return p.wrong()
	}
	what := fmt.Sprintf("%s to %s ended with code %d", p.Method, p.User, code)
	return &Failure{Kind: wire.KindBecome, What: appendWords(what, lastWords(d.Text()))}
}

// WantsTerminal reports that the method refused only for lack of a terminal, so that a second try on one may succeed.
func (d *Dialogue) WantsTerminal() bool {
	text := strings.ToLower(d.Text())
	for _, phrase := range []string{"you must have a tty", "must be run from a terminal", "a tty is required", "a terminal is required"} {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

func wrongOrMissing(p Plan, asked bool) *Failure {
	if !asked && !p.Asks {
		return p.missing()
	}
	return p.wrong()
}

func missing(p Plan, _ bool) *Failure { return p.missing() }

func needsTTY(p Plan, _ bool) *Failure {
	return &Failure{Kind: wire.KindBecome, What: p.Method + " to " + p.User + " wants a terminal",
		Hint: "remove requiretty from its configuration"}
}

func unknownUser(p Plan, _ bool) *Failure {
	return &Failure{Kind: wire.KindBecome, What: p.Method + ": there is no user " + p.User, Hint: "check become_user"}
}

func notPermitted(p Plan, _ bool) *Failure {
	return &Failure{Kind: wire.KindBecome, What: p.Method + " does not permit the connecting user to become " + p.User,
		Hint: "allow it in the configuration of " + p.Method}
}

func deniedOrUnreachable(p Plan, asked bool) *Failure {
	if p.Method == "su" {
		return notPermitted(p, asked)
	}
	return cannotExecute(p, asked)
}

func cannotExecute(p Plan, _ bool) *Failure {
	return &Failure{Kind: wire.KindBecome, What: p.User + " may not execute the runner",
		Hint: "set ansible_remote_tmp to a folder that " + p.User + " can reach"}
}

func because(reason string) func(Plan, bool) *Failure {
	return func(p Plan, _ bool) *Failure {
		return &Failure{Kind: wire.KindBecome, What: p.Method + " to " + p.User + " refused: " + reason}
	}
}

func appendWords(what, words string) string {
	if words == "" {
		return what
	}
	return what + ": " + words
}

// lineWith is the line that holds a phrase.
func lineWith(text, phrase string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(strings.ToLower(line), phrase) {
			return line
		}
	}
	return ""
}

// lastWords is the last line that says something, without control characters, at most 200 bytes.
func lastWords(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return -1
			}
			return r
		}, lines[i]))
		if len(line) > 200 {
			line = line[:200] + "…"
		}
		if line != "" {
			return line
		}
	}
	return ""
}
