package wire

import (
	"bufio"
	"bytes"
	"testing"
)

func FuzzReader(f *testing.F) {
	f.Add(encoded(f, TypePing, Ping{N: 1}))
	f.Add(append(encoded(f, TypeHello, Hello{Protocol: 1}), encoded(f, TypeCancel, Cancel{ID: 3})...))
	f.Add([]byte{0, 0, 0, 9, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(bufio.NewReader(bytes.NewReader(data)))
		total := 0
		for {
			_, payload, err := r.Next()
			if err != nil {
				return
			}
			if total += headerSize + len(payload); total > len(data) {
				t.Fatal("more bytes came out than went in")
			}
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("hello" + Magic))
	f.Add([]byte(Magic[:3] + Magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		var noise bytes.Buffer
		err := Scan(bufio.NewReader(bytes.NewReader(data)), func(p []byte) error { noise.Write(p); return nil })
		at := bytes.Index(data, []byte(Magic))
		if (err == nil) != (at >= 0) {
			t.Fatalf("magic at %d, but %v", at, err)
		}
		if err == nil && !bytes.Equal(noise.Bytes(), data[:at]) {
			t.Fatalf("noise %q, want %q", noise.Bytes(), data[:at])
		}
	})
}

// reencode decodes a message and, where that works, demands that its encoding decodes again.
func reencode[M Message](t *testing.T, kind Type, payload []byte) {
	m, err := Decode[M](payload)
	if err != nil {
		return
	}
	_, again := next(t, encoded(t, kind, *m))
	if _, err := Decode[M](again); err != nil {
		t.Fatalf("%+v does not survive: %v", *m, err)
	}
}

func FuzzMessages(f *testing.F) {
	for _, frame := range [][]byte{
		encoded(f, TypeHello, Hello{Protocol: 1, Env: map[string]string{"LC_ALL": ""}}),
		encoded(f, TypeRequest, Request{ID: 1, Module: "file", Items: []Item{{Args: map[string]any{"path": "/a", "n": -1}}}, Become: &Become{Method: "sudo"}, Contents: []Content{{SHA256: "aa", Size: 3}}}),
		encoded(f, TypeResponse, Response{ID: 1, Result: map[string]any{"rc": 0, "lines": []string{"a"}, "x": map[string]any{"y": nil}}}),
		encoded(f, TypeContentNeed, ContentNeed{ID: 1, SHA256: "aa", Credit: 5}),
		encoded(f, TypeContentChunk, ContentChunk{ID: 1, Data: []byte("abc"), EOF: true}),
		encoded(f, TypeCancel, Cancel{ID: 1}),
		encoded(f, TypePing, Ping{N: 1}),
	} {
		f.Add(frame[4], frame[headerSize:])
	}
	f.Fuzz(func(t *testing.T, kind byte, payload []byte) {
		_, _ = PeekResponse(payload)
		_, _ = PeekID(payload)
		switch Type(kind) {
		case TypeHello:
			reencode[Hello](t, TypeHello, payload)
		case TypeRequest:
			reencode[Request](t, TypeRequest, payload)
		case TypeResponse:
			reencode[Response](t, TypeResponse, payload)
		case TypeContentNeed:
			reencode[ContentNeed](t, TypeContentNeed, payload)
		case TypeContentChunk:
			reencode[ContentChunk](t, TypeContentChunk, payload)
		case TypeCancel:
			reencode[Cancel](t, TypeCancel, payload)
		case TypePing, TypePong:
			reencode[Ping](t, TypePing, payload)
		}
	})
}
