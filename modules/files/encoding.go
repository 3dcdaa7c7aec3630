package files

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeText reads bytes in an encoding and returns how the text is written back. UTF-8, ASCII, Latin-1 and UTF-16 are
// known; bytes that are no UTF-8 pass through unchanged, as Python's surrogateescape lets them.
func decodeText(b []byte, encoding string) (string, func(string) ([]byte, error), error) {
	switch normalEncoding(encoding) {
	case "utf8", "ascii", "usascii":
		return string(b), func(s string) ([]byte, error) { return []byte(s), nil }, nil
	case "latin1", "iso88591", "l1":
		return fromLatin1(b), toLatin1, nil
	case "utf16le":
		return fromUTF16(b, false), func(s string) ([]byte, error) { return toUTF16(s, false), nil }, nil
	case "utf16be":
		return fromUTF16(b, true), func(s string) ([]byte, error) { return toUTF16(s, true), nil }, nil
	case "utf16":
		return decodeMarkedUTF16(b)
	default:
		return "", nil, fmt.Errorf("the encoding %q is unknown; utf-8, ascii, latin-1 and utf-16 are known", encoding)
	}
}

func normalEncoding(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

func fromLatin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

func toLatin1(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return nil, fmt.Errorf("%q cannot be written in latin-1", r)
		}
		out = append(out, byte(r))
	}
	return out, nil
}

func decodeMarkedUTF16(b []byte) (string, func(string) ([]byte, error), error) {
	big := len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff
	if big || len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe {
		b = b[2:]
	}
	encode := func(s string) ([]byte, error) {
		mark := []byte{0xff, 0xfe}
		if big {
			mark = []byte{0xfe, 0xff}
		}
		return append(mark, toUTF16(s, big)...), nil
	}
	return fromUTF16(b, big), encode, nil
}

func fromUTF16(b []byte, big bool) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		low, high := b[i], b[i+1]
		if big {
			low, high = high, low
		}
		units = append(units, uint16(high)<<8|uint16(low))
	}
	return string(utf16.Decode(units))
}

func toUTF16(s string, big bool) []byte {
	out := make([]byte, 0, 2*utf8.RuneCountInString(s))
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}
