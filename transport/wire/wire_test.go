package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"reflect"
	"testing"
)

func encoded(t testing.TB, kind Type, m any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := NewWriter(&b).Send(kind, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func next(t testing.TB, frame []byte) (Type, []byte) {
	t.Helper()
	kind, payload, err := NewReader(bufio.NewReader(bytes.NewReader(frame))).Next()
	if err != nil {
		t.Fatal(err)
	}
	return kind, payload
}

func TestGoldenBytes(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Type
		m    any
		want string // length, type, payload
	}{
		{"hello", TypeHello, Hello{Protocol: 1, PID: 7, User: "root", Home: "/root"}, "00000014 01 a5 0101 0307 0400 0564726f6f74 06652f726f6f74"},
		{"request", TypeRequest, Request{ID: 5, Module: "ping", Items: []Item{{Args: map[string]any{"data": "x"}}}}, "00000015 02 a3 0105 026470696e67 0381 a101 a1 6464617461 6178"},
		{"response", TypeResponse, Response{ID: 5, Result: map[string]any{"changed": true}, Done: true}, "00000012 03 a4 0105 0200 03a1 676368616e676564 f5 04f5"},
		{"need", TypeContentNeed, ContentNeed{ID: 5, SHA256: "ab", Stream: 1, Credit: 9}, "0000000b 04 a4 0105 02626162 0301 0409"},
		{"chunk", TypeContentChunk, ContentChunk{ID: 5, Stream: 1, Data: []byte{1, 2}, EOF: true}, "0000000b 05 a4 0105 0201 03420102 04f5"},
		{"cancel", TypeCancel, Cancel{ID: 5}, "00000003 06 a1 0105"},
		{"ping", TypePing, Ping{N: 3}, "00000003 07 a1 0103"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(c.want), []byte(" "), nil)))
			if err != nil {
				t.Fatal(err)
			}
			if got := encoded(t, c.kind, c.m); !bytes.Equal(got, want) {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

func TestFreeValues(t *testing.T) {
	var noLines []string
	in := map[string]any{
		"null": nil, "yes": true, "int": 7, "neg": int64(-8), "max": uint64(math.MaxUint64), "float": 1.5,
		"text": "gr\xfc\xdf", "bytes": []byte{0, 1}, "lines": []string{"a"}, "none": noLines,
		"deep": []any{map[string]any{"n": uint32(1)}, []any{uint8(2)}}, "env": map[string]string{"A": "b"},
	}
	want := map[string]any{
		"null": nil, "yes": true, "int": int64(7), "neg": int64(-8), "max": uint64(math.MaxUint64), "float": 1.5,
		"text": "gr\xfc\xdf", "bytes": []byte{0, 1}, "lines": []any{"a"}, "none": []any{},
		"deep": []any{map[string]any{"n": int64(1)}, []any{int64(2)}}, "env": map[string]any{"A": "b"},
	}
	_, payload := next(t, encoded(t, TypeResponse, Response{ID: 1, Result: in}))
	got, err := Decode[Response](payload)
	if err != nil {
		t.Fatal(err)
	}
	for k, w := range want {
		if !reflect.DeepEqual(got.Result[k], w) {
			t.Errorf("%s: got %#v, want %#v", k, got.Result[k], w)
		}
	}
	if len(got.Result) != len(want) {
		t.Errorf("got %d keys, want %d", len(got.Result), len(want))
	}
}

func TestDecodedValuesOutliveTheBuffer(t *testing.T) {
	stream := append(encoded(t, TypeContentChunk, ContentChunk{ID: 1, Data: []byte("first")}),
		encoded(t, TypeContentChunk, ContentChunk{ID: 1, Data: []byte("other")})...)
	r := NewReader(bufio.NewReader(bytes.NewReader(stream)))
	_, payload, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	first, err := Decode[ContentChunk](payload)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if string(first.Data) != "first" {
		t.Errorf("the first chunk became %q", first.Data)
	}
	if _, _, err := r.Next(); err != io.EOF {
		t.Errorf("got %v at the end, want io.EOF", err)
	}
}

func TestReaderRefuses(t *testing.T) {
	whole := encoded(t, TypePing, Ping{N: 1})
	for _, c := range []struct {
		name  string
		bytes []byte
		want  error
	}{
		{"cut header", whole[:3], io.ErrUnexpectedEOF},
		{"cut payload", whole[:len(whole)-1], io.ErrUnexpectedEOF},
		{"no payload", whole[:headerSize], io.ErrUnexpectedEOF},
		{"too large", []byte{0xff, 0xff, 0xff, 0xff, byte(TypePing)}, ErrTooLarge},
		{"unknown type", []byte{0, 0, 0, 0, 99}, nil},
		{"type zero", []byte{0, 0, 0, 0, 0}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := NewReader(bufio.NewReader(bytes.NewReader(c.bytes))).Next()
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestLyingHeaderCostsNoMemory(t *testing.T) {
	header := []byte{3, 0xff, 0xff, 0xff, byte(TypeResponse)} // nearly 64 MiB, and then nothing
	got := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			_, _, _ = NewReader(bufio.NewReader(bytes.NewReader(header))).Next()
		}
	}).AllocedBytesPerOp()
	if got > 2*keep {
		t.Errorf("%d bytes allocated for an empty frame", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	nested := bytes.Repeat([]byte{0x81}, maxDepth+1)
	for name, payload := range map[string][]byte{
		"empty":           {},
		"not a map":       {0x01},
		"depth":           append(append([]byte{0xa1, 0x03, 0xa1, 0x61, 'a'}, nested...), 0x01),
		"array claim":     {0xa1, 0x03, 0xa1, 0x61, 'a', 0x9a, 0xff, 0xff, 0xff, 0xff},
		"map claim":       {0xa1, 0x03, 0xba, 0xff, 0xff, 0xff, 0xff},
		"integer key":     {0xa1, 0x03, 0xa1, 0x61, 'a', 0xa1, 0x01, 0x02},
		"tag":             {0xa1, 0x03, 0xa1, 0x61, 'a', 0xc1, 0x01},
		"trailing bytes":  {0xa1, 0x01, 0x05, 0x00},
		"indefinite list": {0xa1, 0x03, 0xa1, 0x61, 'a', 0x9f, 0xff},
	} {
		if _, err := Decode[Response](payload); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
}

func TestPeek(t *testing.T) {
	_, payload := next(t, encoded(t, TypeResponse, Response{ID: 9, Result: map[string]any{"a": []any{1}}, Done: true}))
	p, err := PeekResponse(payload)
	if err != nil || p.ID != 9 || !p.Done {
		t.Errorf("got %+v, %v", p, err)
	}
	_, payload = next(t, encoded(t, TypeRequest, Request{ID: 8, Module: "command", Check: true}))
	if id, err := PeekID(payload); err != nil || id != 8 {
		t.Errorf("got %d, %v", id, err)
	}
}

// TestReaderBoundsFrames has a peer announce a frame of one byte more than is taken: it is refused before any of it is read.
func TestReaderBoundsFrames(t *testing.T) {
	header := binary.BigEndian.AppendUint32(nil, MaxFrame+1)
	if _, _, err := NewReader(bufio.NewReader(bytes.NewReader(append(header, byte(TypePing))))).Next(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}
