package dbus

import (
	"errors"
	"fmt"
)

// fixedSize returns the size of a fixed type, or 0.
func fixedSize(kind byte) int {
	switch kind {
	case 'y':
		return 1
	case 'n', 'q':
		return 2
	case 'b', 'i', 'u', 'h':
		return 4
	case 'x', 't', 'd':
		return 8
	default:
		return 0
	}
}

func alignment(kind byte) int {
	switch kind {
	case 'g', 'v':
		return 1
	case '(', '{':
		return 8
	default:
		if n := fixedSize(kind); n > 0 {
			return n
		}
		return 4 // s, o, a
	}
}

// split returns the first complete type of a signature and what follows it.
func split(sig string, depth int) (first, rest string, err error) {
	if sig == "" {
		return "", "", errors.New("dbus: empty type")
	}
	if depth > maxDepth {
		return "", "", errors.New("dbus: nested too deeply")
	}
	switch c := sig[0]; c {
	case 'a':
		if len(sig) > 1 && sig[1] == '{' {
			return splitGroup(sig, 2, '}', depth)
		}
		element, rest, err := split(sig[1:], depth+1)
		return sig[:1+len(element)], rest, err
	case '(':
		return splitGroup(sig, 1, ')', depth)
	case 's', 'o', 'g', 'v':
		return sig[:1], sig[1:], nil
	default:
		if fixedSize(c) == 0 {
			return "", "", fmt.Errorf("dbus: unknown type %q", c)
		}
		return sig[:1], sig[1:], nil
	}
}

// splitGroup ends a struct or a dict entry whose members start at.
func splitGroup(sig string, at int, closing byte, depth int) (string, string, error) {
	rest := sig[at:]
	for members := 0; rest != ""; members++ {
		if rest[0] == closing && members > 0 {
			n := len(sig) - len(rest) + 1
			return sig[:n], sig[n:], nil
		}
		var err error
		if _, rest, err = split(rest, depth+1); err != nil {
			return "", "", err
		}
	}
	return "", "", fmt.Errorf("dbus: %q is not closed", sig)
}
