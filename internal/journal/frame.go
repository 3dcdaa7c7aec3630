package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A log starts with magic. Frames follow: the length of the payload, the checksum of kind and payload, the kind, the payload.
// A frame that is cut short or whose checksum is wrong ends the log: what comes after it was never acknowledged.
const (
	magic      = "MUSTERJ1"
	frameHead  = 9
	maxPayload = 64 << 20
)

// castagnoli is the polynomial that processors compute themselves; the table never changes.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errTorn says that a log ends within a frame.
var errTorn = errors.New("the log ends within a record")

// appendFrame encodes one frame behind buf.
func appendFrame(buf []byte, kind byte, payload []byte) []byte {
	var head [frameHead]byte
	binary.BigEndian.PutUint32(head[:4], uint32(len(payload)))
	head[8] = kind
	binary.BigEndian.PutUint32(head[4:8], crc32.Update(crc32.Checksum(head[8:9], castagnoli), castagnoli, payload))
	return append(append(buf, head[:]...), payload...)
}

// frames reads a log from its start. It is used by one goroutine.
type frames struct {
	r   *bufio.Reader
	end int64 // of the last whole frame
}

func newFrames(r io.Reader) (*frames, error) {
	f := &frames{r: bufio.NewReader(r)}
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f.r, head)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return f, nil // made, and nothing written yet
	case err != nil:
		return f, errTorn
	case string(head) != magic:
		return f, fmt.Errorf("starts with %q: this is no journal, or one of another version", head)
	}
	f.end = int64(len(magic))
	return f, nil
}

// next returns the next frame and where its payload starts. The end of the log is io.EOF, a broken end errTorn.
func (f *frames) next() (kind byte, payload []byte, at int64, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, nil, 0, io.EOF
		}
		return 0, nil, 0, errTorn
	}
	size := binary.BigEndian.Uint32(head[:4])
	if size > maxPayload {
		return 0, nil, 0, errTorn
	}
	payload, err = readPayload(f.r, int(size))
	if err != nil {
		return 0, nil, 0, errTorn
	}
	if crc32.Update(crc32.Checksum(head[8:9], castagnoli), castagnoli, payload) != binary.BigEndian.Uint32(head[4:8]) {
		return 0, nil, 0, errTorn
	}
	at = f.end + frameHead
	f.end = at + int64(size)
	return head[8], payload, at, nil
}

// readPayload reads size bytes; memory grows with what is there, not with what a broken head claims.
func readPayload(r io.Reader, size int) ([]byte, error) {
	const step = 64 << 10
	buf := make([]byte, 0, min(size, step))
	for len(buf) < size {
		n := min(size-len(buf), max(step, len(buf)))
		buf = append(buf, make([]byte, n)...)
		if _, err := io.ReadFull(r, buf[len(buf)-n:]); err != nil {
			return nil, err
		}
	}
	return buf, nil
}
