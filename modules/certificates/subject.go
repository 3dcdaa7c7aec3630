package certificates

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
)

// attribute is a part of a distinguished name; label is how the playbook calls it.
type attribute struct {
	label string
	id    asn1.ObjectIdentifier
	value string
}

func newAttribute(label, value string) (attribute, error) {
	id, err := objectID(label)
	if err != nil {
		return attribute{}, err
	}
	n := len([]rune(value))
	switch id.String() {
	case "2.5.4.6", "1.3.6.1.4.1.311.60.2.1.3":
		if n != 2 {
			return attribute{}, errors.New("Country name must be a 2 character country code") //nolint:staticcheck // the words users know
		}
	case "2.5.4.3":
		if n < 1 || n > 64 {
			return attribute{}, fmt.Errorf("Attribute's length must be >= 1 and <= 64, but it was %d", n) //nolint:staticcheck // the words users know
		}
	}
	return attribute{label, id, value}, nil
}

// sameAttribute compares what counts.
func sameAttribute(a, b attribute) bool { return a.id.Equal(b.id) && a.value == b.value }

// raw is the attribute as names hold it, with the kind of string that is usual for it.
func (a attribute) raw() pkix.AttributeTypeAndValue {
	tag := asn1.TagUTF8String
	switch a.id.String() {
	case "2.5.4.6", "2.5.4.5", "2.5.4.46", "1.3.6.1.4.1.311.60.2.1.3":
		tag = asn1.TagPrintableString
	case "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25":
		tag = asn1.TagIA5String
	}
	return pkix.AttributeTypeAndValue{Type: a.id, Value: asn1.RawValue{Tag: tag, Bytes: []byte(a.value)}}
}

// encodeName writes a distinguished name, each attribute by itself.
func encodeName(list []attribute) ([]byte, error) {
	name := pkix.RDNSequence{}
	for _, a := range list {
		name = append(name, pkix.RelativeDistinguishedNameSET{a.raw()})
	}
	return asn1.Marshal(name)
}

// decodeName reads a distinguished name.
func decodeName(der []byte) ([]attribute, error) {
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 {
		return nil, errors.Join(err, errTrailing(rest))
	}
	list := []attribute{}
	for _, set := range name {
		for _, a := range set {
			list = append(list, attribute{id: a.Type, value: modules.PyStr(a.Value)})
		}
	}
	return list, nil
}

func errTrailing(rest []byte) error {
	if len(rest) == 0 {
		return nil
	}
	return errors.New("there is more behind it")
}

// describeName writes a name as a mapping and as a list of pairs.
func describeName(der []byte) (mapping map[string]any, pairs []any) {
	mapping, pairs = map[string]any{}, []any{}
	list, err := decodeName(der)
	if err != nil {
		return mapping, pairs
	}
	for _, a := range list {
		mapping[longName(a.id)] = a.value
		pairs = append(pairs, []any{longName(a.id), a.value})
	}
	return mapping, pairs
}

// sameNames compares two names, whatever kinds of strings they are made of.
func sameNames(a, b []byte) bool {
	x, errX := decodeName(a)
	y, errY := decodeName(b)
	return errX == nil && errY == nil && slices.EqualFunc(x, y, sameAttribute)
}

// parsePart reads "CN = value" up to a separator and returns what is left. A value may be hexadecimal behind #, and a
// backslash stands before what would else mean something, or before two hexadecimal digits.
func parsePart(text string, sep byte) (attribute, string, error) {
	label, rest, ok := strings.Cut(text, "=")
	label = strings.Trim(label, " ")
	if !ok || label == "" || strings.ContainsFunc(label, func(r rune) bool { return r != '.' && !isWord(r) }) {
		return attribute{}, "", fmt.Errorf("cannot start part in %q", text)
	}
	rest = strings.TrimLeft(rest, " ")
	var value []byte
	if hex, ok := strings.CutPrefix(rest, "#"); ok {
		for len(hex) > 1 {
			c, ok := hexByte(hex)
			if !ok {
				return attribute{}, "", fmt.Errorf("Invalid hex sequence entry %q", hex[:2]) //nolint:staticcheck // the words users know
			}
			value, hex = append(value, c), hex[2:]
		}
		rest = hex
	} else {
		var err error
		if value, rest, err = unescape(rest, sep); err != nil {
			return attribute{}, "", err
		}
	}
	a, err := newAttribute(label, string(value))
	return a, rest, err
}

func isWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func unescape(text string, sep byte) (value []byte, rest string, err error) {
	for text != "" && text[0] != sep {
		if text[0] != '\\' || len(text) == 1 {
			value, text = append(value, text[0]), text[1:]
			continue
		}
		c, hex := hexByte(text[1:])
		_, digit := hexByte("0" + text[1:2])
		switch {
		case hex:
			value, text = append(value, c), text[3:]
		case digit:
			return nil, "", fmt.Errorf(`Hex escape sequence "\%c" incomplete or invalid`, text[1]) //nolint:staticcheck // the words users know
		default:
			value, text = append(value, text[1]), text[2:]
		}
	}
	return value, text, nil
}

// hexByte reads two hexadecimal digits.
func hexByte(text string) (byte, bool) {
	if len(text) < 2 {
		return 0, false
	}
	hi, lo := strings.IndexByte(hexDigits, text[0]|0x20), strings.IndexByte(hexDigits, text[1]|0x20)
	if hi < 0 || lo < 0 {
		return 0, false
	}
	return byte(hi<<4 | lo), true
}

const hexDigits = "0123456789abcdef"

// parseName reads a distinguished name as it is written, "CN=x,O=y" or "/O=y/CN=x".
func parseName(text string) ([]attribute, error) {
	whole, sep := text, byte(',')
	text = strings.TrimLeft(text, " ")
	if slash, ok := strings.CutPrefix(text, "/"); ok {
		text, sep = slash, '/'
	}
	var list []attribute
	for text != "" {
		a, rest, err := parsePart(text, sep)
		if err != nil {
			return nil, fmt.Errorf("Error while parsing distinguished name %q: %w", whole, err) //nolint:staticcheck // the words users know
		}
		list = append(list, a)
		if rest != "" && len(rest) < 2 {
			return nil, fmt.Errorf("Error while parsing distinguished name %q: unexpected end of string", whole) //nolint:staticcheck // the words users know
		}
		text = strings.TrimPrefix(rest, string(sep))
	}
	return list, nil
}

// writeName writes a distinguished name with the last part first.
func writeName(list []attribute) string {
	var parts []string
	for _, a := range slices.Backward(list) {
		parts = append(parts, shortName(a.id)+"="+escapeValue(a.value))
	}
	return strings.Join(parts, ",")
}

func escapeValue(v string) string {
	v = strings.NewReplacer(`\`, `\\`, ",", `\,`, "+", `\+`, "<", `\<`, ">", `\>`, ";", `\;`, `"`, `\"`, "\x00", `\00`).Replace(v)
	if strings.HasPrefix(v, " ") || strings.HasPrefix(v, "#") {
		v = `\` + v
	}
	if strings.HasSuffix(v, " ") {
		v = v[:len(v)-1] + `\ `
	}
	return v
}
