package dbus

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

func TestValuesOfAllTypes(t *testing.T) {
	var e encoder
	e.buf = append(e.buf, 7) // y
	e.align(2)
	e.buf = append(e.buf, 0xfe, 0xff, 0x10, 0x00) // n, q
	e.align(4)
	e.buf = append(e.buf, 0xff, 0xff, 0xff, 0xff) // i
	e.uint32(9)                                   // u
	e.uint32(1)                                   // b
	e.align(8)
	e.buf = binary.LittleEndian.AppendUint64(e.buf, 1<<40) // t
	e.buf = binary.LittleEndian.AppendUint64(e.buf, ^uint64(0))
	e.buf = binary.LittleEndian.AppendUint64(e.buf, 0x3ff8000000000000) // d 1.5
	e.string("/o")
	e.signature("a{sv}")
	e.array(4, func() { e.string("x"); e.string("") })
	e.array(1, func() { e.buf = append(e.buf, 1, 2) })
	e.array(8, func() { // a{sv}
		e.align(8)
		e.string("Key")
		e.signature("(sb)")
		e.align(8)
		e.string("v")
		e.uint32(0)
	})
	e.array(8, func() { // a(us)
		for i := range 2 {
			e.align(8)
			e.uint32(uint32(i))
			e.string("n")
		}
	})
	e.array(8, func() {}) // a{us}, empty
	d := decoder{buf: e.buf, order: binary.LittleEndian}
	got, err := d.values("ynqiubtxdogasaya{sv}a(us)a{us}")
	if err != nil {
		t.Fatal(err)
	}
	want := []any{byte(7), int16(-2), uint16(16), int32(-1), uint32(9), true, uint64(1 << 40), int64(-1), 1.5, Path("/o"), "a{sv}",
		[]string{"x", ""}, []byte{1, 2}, map[string]Variant{"Key": {Signature: "(sb)", Value: []any{"v", false}}},
		[]any{[]any{uint32(0), "n"}, []any{uint32(1), "n"}}, []any{}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestSignaturesSplit(t *testing.T) {
	for sig, want := range map[string]string{"s": "s", "as": "as", "a{sv}u": "a{sv}", "(s(iu)as)x": "(s(iu)as)", "aa{s(ss)}": "aa{s(ss)}"} {
		if got, _, err := split(sig, 0); err != nil || got != want {
			t.Errorf("%s: got %q, %v", sig, got, err)
		}
	}
	for _, sig := range []string{"", "()", "(s", "a", "a{", "a{}", "z", strings.Repeat("a", 100) + "s", strings.Repeat("(", 100)} {
		if got, _, err := split(sig, 0); err == nil {
			t.Errorf("%q was accepted as %q", sig, got)
		}
	}
}

func TestDamagedValuesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		sig string
		buf []byte
	}{
		"a string longer than the message":  {"s", []byte{200, 0, 0, 0, 'x'}},
		"a huge string":                     {"s", []byte{0xff, 0xff, 0xff, 0xff, 'x'}},
		"a huge array":                      {"as", []byte{0xff, 0xff, 0xff, 0x7f}},
		"an array that ends inside a value": {"au", []byte{2, 0, 0, 0, 1, 0, 0, 0}},
		"a variant of two types":            {"v", []byte{2, 's', 's', 0}},
		"a variant of no type":              {"v", []byte{0, 0}},
		"a short number":                    {"t", []byte{1, 2, 3}},
	} {
		d := decoder{buf: c.buf, order: binary.LittleEndian}
		if v, err := d.values(c.sig); err == nil {
			t.Errorf("%s: read as %v", name, v)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(standard(1, "Good"))
	f.Add(standard(1, "Bad"))
	f.Add(standard(7, "Hello"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		if len(msg) < 16 {
			return
		}
		order, header, body, err := frame([16]byte(msg[:16]))
		if err != nil || 16+header+body > len(msg) {
			return
		}
		_, _, _ = parse(msg[:16+header+body], order, header)
	})
}
