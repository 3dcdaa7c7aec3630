// Package become says how sudo, su and doas are asked to start a program as another user: the words of the command,
// the talk about the password, and what their refusals mean. It starts nothing itself.
package become

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/transport/wire"
)

// Methods lists the ways to become another user, for messages and completion.
func Methods() []string { return []string{"sudo", "su", "doas"} }

// Plan is how one user becomes another.
type Plan struct {
	Argv     []string // holds no secret
	Prompt   string   // what asks for the password, where the method lets us choose it; "" otherwise
	Terminal bool     // the method asks on a terminal only
	Method   string
	User     string
	Asks     bool // there is a password to answer with
}

// DefaultSudoFlags are Ansible's.
const DefaultSudoFlags = "-H -S -n"

// Make plans to run argv as the user of b. nonce is a random word that makes sudo's prompt unmistakable; root says that
// the planning user is root, who may choose the shell that su starts.
func Make(b wire.Become, argv []string, nonce string, root bool) (Plan, error) {
	flags, err := shlex.Split(b.Flags)
	if err != nil {
		return Plan{}, fmt.Errorf("become_flags %q: %w", b.Flags, err)
	}
	p := Plan{Method: b.Method, User: b.User, Asks: b.Password != ""}
	if p.User == "" {
		p.User = "root"
	}
	if strings.HasPrefix(p.User, "-") {
		return Plan{}, fmt.Errorf("become_user %q is no user name", p.User)
	}
	exe, err := shlex.Split(b.Exe)
	if err != nil {
		return Plan{}, fmt.Errorf("become_exe %q: %w", b.Exe, err)
	}
	if len(exe) == 0 {
		exe = []string{b.Method}
	}
	switch b.Method {
	case "sudo":
		p.sudo(exe, flags, argv, nonce)
	case "su":
		p.su(exe, flags, argv, root)
	case "doas":
		p.doas(exe, flags, argv)
	default:
		return Plan{}, fmt.Errorf("become_method %q is unknown; use one of %s", b.Method, strings.Join(Methods(), ", "))
	}
	return p, nil
}

func (p *Plan) sudo(exe, flags, argv []string, nonce string) {
	if len(flags) == 0 {
		flags = strings.Fields(DefaultSudoFlags)
	}
	if p.Asks {
		flags = withoutNonInteractive(flags)
		p.Prompt = "[muster " + nonce + "] password:"
		flags = append(flags, "-p", p.Prompt)
		p.Terminal = !hasFlag(flags, 'S', "--stdin")
	}
	p.Argv = join(exe, flags, []string{"-u", p.User, "--"}, argv)
}

func (p *Plan) su(exe, flags, argv []string, root bool) {
	p.Terminal = p.Asks
	if root && !hasFlag(flags, 's', "--shell") {
		flags = append(flags, "-s", "/bin/sh") // service accounts have no shell of their own
	}
	quoted := make([]string, len(argv))
	for i, a := range argv {
		quoted[i] = shlex.Quote(a)
	}
	p.Argv = join(exe, flags, []string{p.User, "-c", "exec " + strings.Join(quoted, " ")})
}

func (p *Plan) doas(exe, flags, argv []string) {
	p.Terminal = p.Asks
	if p.Asks {
		flags = withoutNonInteractive(flags)
	} else if !hasFlag(flags, 'n', "") {
		flags = append(flags, "-n")
	}
	p.Argv = join(exe, flags, []string{"-u", p.User, "--"}, argv)
}

// withoutNonInteractive drops -n, alone or among other letters, and its long name.
func withoutNonInteractive(flags []string) []string {
	out := make([]string, 0, len(flags)+2)
	for _, f := range flags {
		if f == "--non-interactive" {
			continue
		}
		if isLetters(f) {
			if f = strings.ReplaceAll(f, "n", ""); f == "-" {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// hasFlag finds a letter among bundled short flags, or a long name.
func hasFlag(flags []string, letter byte, long string) bool {
	for _, f := range flags {
		if long != "" && (f == long || strings.HasPrefix(f, long+"=")) || isLetters(f) && strings.IndexByte(f, letter) > 0 {
			return true
		}
	}
	return false
}

// isLetters reports a word of bundled short flags such as -HSn.
func isLetters(f string) bool {
	return len(f) > 1 && f[0] == '-' && f[1] != '-'
}

func join(parts ...[]string) []string {
	var out []string
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
