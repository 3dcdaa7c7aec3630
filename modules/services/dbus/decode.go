package dbus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var errShort = errors.New("dbus: the message ends too early")

type decoder struct {
	buf   []byte
	pos   int
	order binary.ByteOrder
}

func (d *decoder) align(n int) error {
	p := (d.pos + n - 1) &^ (n - 1)
	if p > len(d.buf) {
		return errShort
	}
	d.pos = p
	return nil
}

// take returns the next n bytes, aligned to align.
func (d *decoder) take(align, n int) ([]byte, error) {
	if err := d.align(align); err != nil {
		return nil, err
	}
	if n < 0 || n > len(d.buf)-d.pos {
		return nil, errShort
	}
	b := d.buf[d.pos : d.pos+n]
	d.pos += n
	return b, nil
}

func (d *decoder) uint32() (uint32, error) {
	b, err := d.take(4, 4)
	if err != nil {
		return 0, err
	}
	return d.order.Uint32(b), nil
}

func (d *decoder) string() (string, error) {
	n, err := d.uint32()
	if err != nil {
		return "", err
	}
	if n >= maxMessage {
		return "", errShort
	}
	b, err := d.take(1, int(n)+1)
	if err != nil {
		return "", err
	}
	return string(b[:n]), nil
}

func (d *decoder) signature() (string, error) {
	n, err := d.take(1, 1)
	if err != nil {
		return "", err
	}
	b, err := d.take(1, int(n[0])+1)
	if err != nil {
		return "", err
	}
	return string(b[:len(b)-1]), nil
}

// values decodes all complete types of a signature.
func (d *decoder) values(signature string) ([]any, error) {
	var out []any
	for signature != "" {
		first, rest, err := split(signature, 0)
		if err != nil {
			return nil, err
		}
		v, err := d.value(first, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		signature = rest
	}
	return out, nil
}

func (d *decoder) value(sig string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("dbus: nested too deeply")
	}
	switch sig[0] {
	case 's':
		return d.string()
	case 'o':
		s, err := d.string()
		return Path(s), err
	case 'g':
		return d.signature()
	case 'v':
		return d.variant(depth)
	case 'a':
		return d.array(sig[1:], depth)
	case '(':
		return d.structure(sig[1:len(sig)-1], depth)
	default:
		return d.number(sig[0])
	}
}

func (d *decoder) number(kind byte) (any, error) {
	size := fixedSize(kind)
	if size == 0 {
		return nil, fmt.Errorf("dbus: unknown type %q", kind)
	}
	b, err := d.take(size, size)
	if err != nil {
		return nil, err
	}
	switch kind {
	case 'y':
		return b[0], nil
	case 'n':
		return int16(d.order.Uint16(b)), nil
	case 'q':
		return d.order.Uint16(b), nil
	case 'i':
		return int32(d.order.Uint32(b)), nil
	case 'b':
		return d.order.Uint32(b) != 0, nil
	case 'x':
		return int64(d.order.Uint64(b)), nil
	case 't':
		return d.order.Uint64(b), nil
	case 'd':
		return math.Float64frombits(d.order.Uint64(b)), nil
	default: // u, h
		return d.order.Uint32(b), nil
	}
}

func (d *decoder) variant(depth int) (Variant, error) {
	sig, err := d.signature()
	if err != nil {
		return Variant{}, err
	}
	first, rest, err := split(sig, 0)
	if err != nil || rest != "" {
		return Variant{}, fmt.Errorf("dbus: %q is no single type", sig)
	}
	v, err := d.value(first, depth+1)
	return Variant{Signature: sig, Value: v}, err
}

func (d *decoder) structure(sig string, depth int) ([]any, error) {
	if err := d.align(8); err != nil {
		return nil, err
	}
	var out []any
	for sig != "" {
		first, rest, err := split(sig, 0)
		if err != nil {
			return nil, err
		}
		v, err := d.value(first, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		sig = rest
	}
	return out, nil
}

// array decodes into []string, []byte, map[string]Variant (a{sv}), Dict, or []any.
func (d *decoder) array(element string, depth int) (any, error) {
	n, err := d.uint32()
	if err != nil {
		return nil, err
	}
	if err := d.align(alignment(element[0])); err != nil {
		return nil, err
	}
	if n > maxMessage || int(n) > len(d.buf)-d.pos {
		return nil, errShort
	}
	end := d.pos + int(n)
	switch element {
	case "y":
		b, err := d.take(1, int(n))
		return append([]byte{}, b...), err
	case "s":
		return d.strings(end)
	case "{sv}":
		return d.properties(end, depth)
	}
	out := []any{}
	for d.pos < end {
		v, err := d.element(element, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, d.ended(end)
}

// element decodes one element of an array; an entry of a dict is a pair.
func (d *decoder) element(sig string, depth int) (any, error) {
	if sig[0] == '{' {
		return d.structure(sig[1:len(sig)-1], depth)
	}
	return d.value(sig, depth+1)
}

func (d *decoder) ended(end int) error {
	if d.pos != end {
		return errors.New("dbus: an array does not end where it says")
	}
	return nil
}

func (d *decoder) strings(end int) ([]string, error) {
	out := []string{}
	for d.pos < end {
		s, err := d.string()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, d.ended(end)
}

func (d *decoder) properties(end, depth int) (map[string]Variant, error) {
	out := map[string]Variant{}
	for d.pos < end {
		if err := d.align(8); err != nil {
			return nil, err
		}
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		v, err := d.variant(depth + 1)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, d.ended(end)
}
