package tree

import (
	"strings"

	"github.com/musterhq/muster/modules"
)

// flagLetters are chattr's letters with their bits, in the order in which lsattr prints them.
var flagLetters = [...]struct {
	letter byte
	bit    uint32
	name   string
}{
	{'s', 0x1, "zero"}, {'u', 0x2, "undelete"}, {'S', 0x8, "synchronous"}, {'D', 0x10000, "dirsync"},
	{'i', 0x10, "immutable"}, {'a', 0x20, "append"}, {'d', 0x40, "nodump"}, {'A', 0x80, "noatime"},
	{'c', 0x4, "compressed"}, {'E', 0x800, "encrypted"}, {'j', 0x4000, "journalled"}, {'I', 0x1000, "indexed"},
	{'t', 0x8000, "notail"}, {'T', 0x20000, "blockroot"}, {'e', 0x80000, "extents"}, {'C', 0x800000, "nocow"},
	{'x', 0x2000000, ""}, {'F', 0x40000000, ""}, {'N', 0x10000000, "inline"}, {'P', 0x20000000, ""},
	{'V', 0x100000, ""}, {'m', 0x400, ""},
}

// changeableFlags are the bits that chattr may set; the others describe how the file is stored.
const changeableFlags = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x4000 | 0x8000 | 0x10000 | 0x20000 | 0x800000 | 0x2000000 | 0x400 | 0x20000000 | 0x40000000

// FlagText writes flags as lsattr does, without dashes.
func FlagText(flags uint32) string {
	var b strings.Builder
	for _, f := range flagLetters {
		if flags&f.bit != 0 {
			b.WriteByte(f.letter)
		}
	}
	return b.String()
}

// FlagNames names flags as Ansible's stat does.
func FlagNames(flags uint32) []any {
	out := []any{}
	for _, f := range flagLetters {
		if flags&f.bit != 0 && f.name != "" {
			out = append(out, f.name)
		}
	}
	return out
}

// FlagChange is the parameter attributes: =i, +a, -i or plain letters (which mean =).
type FlagChange struct {
	op   byte
	bits uint32
	text string
}

// Given reports that the parameter is there.
func (f FlagChange) Given() bool { return f.op != 0 }

// UnmarshalParam reads the parameter.
func (f *FlagChange) UnmarshalParam(v any) error {
	s := modules.PyStr(v)
	parsed := FlagChange{op: '=', text: s}
	letters := s
	if s != "" && strings.IndexByte("+-=", s[0]) >= 0 {
		parsed.op, letters = s[0], s[1:]
	}
	for i := range len(letters) {
		bit := uint32(0)
		for _, known := range flagLetters {
			if known.letter == letters[i] {
				bit = known.bit
			}
		}
		if bit == 0 {
			return modules.Fail(nil, "attributes: %q is no attribute of chattr; letters such as i, a or A are", letters[i:i+1])
		}
		parsed.bits |= bit
	}
	*f = parsed
	return nil
}

// Apply returns the flags that the change makes of the present ones.
func (f FlagChange) Apply(now uint32) uint32 {
	switch f.op {
	case '+':
		return now | f.bits
	case '-':
		return now &^ f.bits
	case '=':
		return now&^changeableFlags | f.bits
	default:
		return now
	}
}
