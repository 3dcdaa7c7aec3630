package tree

import (
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
)

// Mode is the parameter mode: octal (0644, "0644", "644") or symbolic ("u=rwX,g-w"), or preserve. The zero Mode leaves
// alone.
type Mode struct {
	set      bool
	bits     uint32
	symbolic []clause
	text     string
	Preserve bool // "preserve": as the source file has it
}

// Given reports that the parameter names a mode to set.
func (m Mode) Given() bool { return m.set && !m.Preserve }

// String returns the mode as it was given.
func (m Mode) String() string { return m.text }

// OctalMode is a mode of fixed bits.
func OctalMode(bits uint32) Mode {
	return Mode{set: true, bits: bits & 0o7777, text: "0" + strconv.FormatUint(uint64(bits&0o7777), 8)}
}

// UnmarshalParam reads the parameter. Numbers are taken as they are: YAML has read a leading zero as octal already.
func (m *Mode) UnmarshalParam(v any) error {
	switch x := v.(type) {
	case int:
		if x < 0 || x > 0o7777 {
			return badMode(strconv.Itoa(x), "a number written without a leading zero is decimal; quote it and write four digits, as in '0644'")
		}
		*m = OctalMode(uint32(x))
		return nil
	case string:
		parsed, err := ParseMode(x)
		if err != nil {
			return err
		}
		*m = parsed
		return nil
	default:
		return badMode(modules.PyStr(v), "a mode is text or a number")
	}
}

func badMode(text, details string) error {
	return modules.Fail(modules.Result{"details": details + ": " + text}, "mode must be in octal or symbolic form")
}

// ParseMode reads a mode as text.
func ParseMode(s string) (Mode, error) {
	if s == "preserve" {
		return Mode{set: true, Preserve: true, text: s}, nil
	}
	octal := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "0o"), "0O")
	if n, err := strconv.ParseUint(octal, 8, 32); err == nil {
		if n > 0o7777 {
			return Mode{}, modules.Fail(modules.Result{"details": int(n)}, "Invalid mode supplied, only permission info is allowed")
		}
		m := OctalMode(uint32(n))
		m.text = s
		return m, nil
	}
	m := Mode{set: true, text: s}
	for _, part := range strings.Split(s, ",") {
		c, ok := parseClause(part)
		if !ok {
			return Mode{}, badMode(part, "bad symbolic permission for mode")
		}
		m.symbolic = append(m.symbolic, c)
	}
	return m, nil
}

// clause is one comma-separated part of a symbolic mode: users, then operations from left to right.
type clause struct {
	users string // of ugo
	umask bool   // no user was named: bits of the umask are left alone
	ops   []operation
}

type operation struct {
	op    byte // + - =
	perms string
}

func parseClause(s string) (clause, bool) {
	i := strings.IndexAny(s, "+-=")
	if i < 0 {
		return clause{}, false
	}
	c := clause{users: s[:i], umask: i == 0}
	if c.users == "" || c.users == "a" {
		c.users = "ugo"
	}
	if strings.Trim(c.users, "ugo") != "" {
		return clause{}, false
	}
	for s = s[i:]; s != ""; {
		end := strings.IndexAny(s[1:], "+-=")
		if end < 0 {
			end = len(s) - 1
		}
		perms := s[1 : end+1]
		if strings.Trim(perms, "rwxXstugo") != "" {
			return clause{}, false
		}
		c.ops = append(c.ops, operation{s[0], perms})
		s = s[end+1:]
	}
	return c, true
}

// Apply returns the bits that the mode makes of the present ones.
func (m Mode) Apply(now uint32, isDir bool, umask uint32) uint32 {
	if !m.Given() {
		return now
	}
	if m.symbolic == nil {
		return m.bits
	}
	bits := now
	for _, c := range m.symbolic {
		for _, op := range c.ops {
			for _, user := range c.users {
				bits = op.apply(byte(user), now, bits, isDir, c.umask, umask)
			}
		}
	}
	return bits
}

// userBits says where a user's bits lie.
func userBits(user byte) (shift uint, special uint32, mask uint32) {
	switch user {
	case 'u':
		return 6, 0o4000, 0o4700
	case 'g':
		return 3, 0o2000, 0o2070
	default:
		return 0, 0o1000, 0o1007
	}
}

// apply evaluates perms against the bits before the whole mode was applied, as chmod in Ansible does.
func (o operation) apply(user byte, before, bits uint32, isDir, masked bool, umask uint32) uint32 {
	shift, special, mask := userBits(user)
	var want uint32
	for _, p := range o.perms {
		switch p {
		case 'r', 'w', 'x':
			bit := map[rune]uint32{'r': 4, 'w': 2, 'x': 1}[p] << shift
			if masked {
				bit &^= umask
			}
			want |= bit
		case 'X':
			if isDir || before&0o111 != 0 {
				want |= 1 << shift
			}
		case 's':
			if user != 'o' {
				want |= special
			}
		case 't':
			if user == 'o' {
				want |= special
			}
		case 'u':
			want |= (before >> 6 & 7) << shift
		case 'g':
			want |= (before >> 3 & 7) << shift
		case 'o':
			want |= (before & 7) << shift
		}
	}
	switch o.op {
	case '=':
		return bits&^mask | want
	case '+':
		return bits | want
	default:
		return bits &^ want
	}
}
