package dbus

import (
	"encoding/binary"
	"fmt"
)

const (
	typeCall   = 1
	typeReturn = 2
	typeError  = 3
)

// header fields of the protocol
const (
	fieldPath        = 1
	fieldInterface   = 2
	fieldMember      = 3
	fieldErrorName   = 4
	fieldReplySerial = 5
	fieldDestination = 6
	fieldSignature   = 8
)

type encoder struct{ buf []byte }

func (e *encoder) align(n int) {
	for len(e.buf)%n != 0 {
		e.buf = append(e.buf, 0)
	}
}

func (e *encoder) uint32(v uint32) {
	e.align(4)
	e.buf = binary.LittleEndian.AppendUint32(e.buf, v)
}

func (e *encoder) string(s string) {
	e.uint32(uint32(len(s)))
	e.buf = append(append(e.buf, s...), 0)
}

func (e *encoder) signature(s string) {
	e.buf = append(append(append(e.buf, byte(len(s))), s...), 0)
}

// array writes the length of what body appends, counted from the first element.
func (e *encoder) array(elementAlign int, body func()) {
	e.uint32(0)
	at := len(e.buf) - 4
	e.align(elementAlign)
	start := len(e.buf)
	body()
	binary.LittleEndian.PutUint32(e.buf[at:], uint32(len(e.buf)-start))
}

func (e *encoder) value(v any) (signature string, err error) {
	switch x := v.(type) {
	case string:
		e.string(x)
		return "s", nil
	case Path:
		e.string(string(x))
		return "o", nil
	case uint32:
		e.uint32(x)
		return "u", nil
	case bool:
		n := uint32(0)
		if x {
			n = 1
		}
		e.uint32(n)
		return "b", nil
	case []string:
		e.array(4, func() {
			for _, s := range x {
				e.string(s)
			}
		})
		return "as", nil
	default:
		return "", fmt.Errorf("dbus: cannot send a %T", v)
	}
}

// encode returns the call's bytes.
func (m Message) encode(serial uint32) ([]byte, error) {
	var body encoder
	signature := ""
	for _, a := range m.Args {
		s, err := body.value(a)
		if err != nil {
			return nil, err
		}
		signature += s
	}
	e := encoder{buf: make([]byte, 0, 192+len(body.buf))}
	e.buf = append(e.buf, 'l', typeCall, 0, 1)
	e.uint32(uint32(len(body.buf)))
	e.uint32(serial)
	e.array(8, func() {
		e.field(fieldPath, "o", m.Path)
		e.field(fieldInterface, "s", m.Interface)
		e.field(fieldMember, "s", m.Member)
		e.field(fieldDestination, "s", m.Destination)
		e.field(fieldSignature, "g", signature)
	})
	e.align(8)
	return append(e.buf, body.buf...), nil
}

func (e *encoder) field(code byte, signature, value string) {
	if value == "" {
		return
	}
	e.align(8)
	e.buf = append(e.buf, code)
	e.signature(signature)
	if signature == "g" {
		e.signature(value)
		return
	}
	e.string(value)
}
