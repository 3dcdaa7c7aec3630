package journal

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func encodedLog(records ...string) []byte {
	buf := []byte(magic)
	for _, r := range records {
		buf = appendFrame(buf, kindBefore, []byte(r))
	}
	return buf
}

// all reads a log and returns its whole records and how it ends.
func all(t *testing.T, log []byte) (records []string, end int64, err error) {
	t.Helper()
	f, err := newFrames(bytes.NewReader(log))
	if err != nil {
		return nil, f.end, err
	}
	for {
		_, payload, at, err := f.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return records, f.end, err
		}
		if string(log[at:f.end]) != string(payload) {
			t.Fatalf("record at %d to %d is %q, not %q", at, f.end, log[at:f.end], payload)
		}
		records = append(records, string(payload))
	}
}

// TestTornLog cuts a log everywhere and flips every bit: what is read is always a beginning of what was written.
func TestTornLog(t *testing.T) {
	want := []string{"one", "", "three and more"}
	log := encodedLog(want...)
	for cut := range len(log) + 1 {
		got, end, err := all(t, log[:cut])
		if len(got) > len(want) || end > int64(cut) {
			t.Fatalf("cut at %d: %q up to %d", cut, got, end)
		}
		for i, r := range got {
			if r != want[i] {
				t.Fatalf("cut at %d: record %d is %q", cut, i, r)
			}
		}
		if whole := end == int64(cut); whole != (err == nil) {
			t.Errorf("cut at %d: read to %d, error %v", cut, end, err)
		}
	}
	for i := range log {
		for bit := range 8 {
			bad := bytes.Clone(log)
			bad[i] ^= 1 << bit
			got, _, err := all(t, bad)
			if err == nil && len(got) == len(want) {
				t.Fatalf("bit %d of byte %d is flipped and nothing noticed", bit, i)
			}
			for k, r := range got {
				if r != want[k] {
					t.Fatalf("bit %d of byte %d: record %d is %q", bit, i, k, r)
				}
			}
		}
	}
}

func FuzzLog(f *testing.F) {
	f.Add(encodedLog("one", "two"))
	f.Add([]byte(magic))
	f.Add([]byte(magic + "\xff\xff\xff\xff\x00\x00\x00\x00b"))
	f.Add(appendFrame([]byte(magic), kindBefore, []byte(`{"n":1,"module":"file","params":{"path":"/a"}}`)))
	f.Fuzz(func(t *testing.T, log []byte) {
		fr, err := newFrames(bytes.NewReader(log))
		if err != nil {
			return
		}
		l := &logFile{path: "/x/r~w", head: headOf("/x/r~w")}
		c := &contents{inline: map[string]location{}}
		for {
			kind, payload, at, err := fr.next()
			if err != nil || l.take(kind, payload, at, c) != nil {
				break
			}
			if fr.end > int64(len(log)) {
				t.Fatalf("read %d of %d bytes", fr.end, len(log))
			}
		}
		r := &runLogs{run: "r", byID: map[string]*entry{}, logs: []*logFile{l}}
		r.join()
		for _, e := range r.entries {
			_ = e.shown()
		}
	})
}
