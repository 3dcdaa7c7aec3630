package value

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Encode is Python's text.encode(encoding, errors).
func Encode(s, encoding, errors string) (any, error) {
	switch codec := codecName(encoding); codec {
	case "utf-8":
		return Bytes(s), nil
	case "utf-8-sig":
		return Bytes("\xef\xbb\xbf" + s), nil
	case "ascii", "latin-1":
		return encodeNarrow(s, codec, errors)
	case "utf-16", "utf-16-le", "utf-16-be":
		return encodeUTF16(s, codec), nil
	}
	return nil, &ValueError{"unknown encoding: " + encoding}
}

// Decode is Python's bytes.decode(encoding, errors).
func Decode(b Bytes, encoding, errors string) (any, error) {
	s := string(b)
	switch codec := codecName(encoding); codec {
	case "utf-8", "utf-8-sig":
		if codec == "utf-8-sig" {
			s = strings.TrimPrefix(s, "\xef\xbb\xbf")
		}
		return decodeUTF8(s, errors)
	case "ascii", "latin-1":
		return decodeNarrow(s, codec, errors)
	case "utf-16", "utf-16-le", "utf-16-be":
		return decodeUTF16(s, codec)
	}
	return nil, &ValueError{"unknown encoding: " + encoding}
}

func codecName(encoding string) string {
	switch name := strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(encoding)); name {
	case "utf-8", "utf8", "u8", "utf", "cp65001":
		return "utf-8"
	case "ascii", "us-ascii", "646":
		return "ascii"
	case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "l1", "8859", "cp819", "latin":
		return "latin-1"
	case "utf16", "u16":
		return "utf-16"
	case "utf-16le":
		return "utf-16-le"
	case "utf-16be":
		return "utf-16-be"
	default:
		return name
	}
}

func encodeNarrow(s, codec, errors string) (any, error) {
	limit := rune(0x80)
	if codec == "latin-1" {
		limit = 0x100
	}
	var b strings.Builder
	position := 0
	for _, r := range s {
		switch {
		case r < limit:
			b.WriteByte(byte(r))
		case errors == "ignore":
		case errors == "replace":
			b.WriteByte('?')
		case errors == "xmlcharrefreplace":
			fmt.Fprintf(&b, "&#%d;", r)
		case errors == "backslashreplace":
			b.WriteString(escapeNonASCII(string(r)))
		default:
			return nil, &ValueError{fmt.Sprintf("'%s' codec can't encode character %s in position %d: ordinal not in range(%d)",
				codec, "'"+escapeNonASCII(string(r))+"'", position, limit)}
		}
		position++
	}
	return Bytes(b.String()), nil
}

func encodeUTF16(s, codec string) Bytes {
	order := binary.ByteOrder(binary.LittleEndian)
	if codec == "utf-16-be" {
		order = binary.BigEndian
	}
	units := utf16.Encode([]rune(s))
	if codec == "utf-16" {
		units = append([]uint16{0xfeff}, units...)
	}
	out := make([]byte, 2*len(units))
	for i, u := range units {
		order.PutUint16(out[2*i:], u)
	}
	return Bytes(out)
}

func decodeUTF16(s, codec string) (any, error) {
	if len(s)%2 != 0 {
		return nil, &ValueError{"'" + codec + "' codec can't decode bytes: truncated data"}
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if codec == "utf-16-be" || codec == "utf-16" && strings.HasPrefix(s, "\xfe\xff") {
		order = binary.BigEndian
	}
	if codec == "utf-16" && (strings.HasPrefix(s, "\xfe\xff") || strings.HasPrefix(s, "\xff\xfe")) {
		s = s[2:]
	}
	units := make([]uint16, len(s)/2)
	for i := range units {
		units[i] = order.Uint16([]byte(s[2*i : 2*i+2]))
	}
	return string(utf16.Decode(units)), nil
}

func decodeUTF8(s, errors string) (any, error) {
	if utf8.ValidString(s) || errors == "surrogateescape" || errors == "surrogate_or_strict" {
		return s, nil
	}
	switch errors {
	case "ignore":
		return strings.ToValidUTF8(s, ""), nil
	case "replace":
		var b strings.Builder
		for _, r := range s {
			b.WriteRune(r)
		}
		return b.String(), nil
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return nil, &ValueError{fmt.Sprintf("'utf-8' codec can't decode byte 0x%02x in position %d: invalid start byte", s[i], i)}
		}
		i += size
	}
	return s, nil
}

func decodeNarrow(s, codec, errors string) (any, error) {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c < 0x80 || codec == "latin-1":
			b.WriteRune(rune(c))
		case errors == "ignore":
		case errors == "replace":
			b.WriteRune(utf8.RuneError)
		default:
			return nil, &ValueError{fmt.Sprintf("'ascii' codec can't decode byte 0x%02x in position %d: ordinal not in range(128)", c, i)}
		}
	}
	return b.String(), nil
}
