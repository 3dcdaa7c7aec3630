package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/musterhq/muster/transport/wire"
)

// stream is content arriving in chunks. One goroutine reads it; push comes from the connection.
type stream struct {
	ctx    context.Context
	owner  *contents
	number uint64
	named  wire.Content
	hash   hash.Hash
	kept   []byte // the content so far, while it is small enough to be remembered
	small  bool
	read   int64 // bytes given to the module
	used   int64 // bytes read since the last credit
	rest   []byte
	err    error // the end of reading; sticky

	mu     sync.Mutex
	chunks []*wire.ContentChunk
	came   chan struct{} // holds one signal
}

func newStream(ctx context.Context, owner *contents, number uint64, named wire.Content) *stream {
	return &stream{ctx: ctx, owner: owner, number: number, named: named, hash: sha256.New(),
		small: named.Size <= cacheEach, came: make(chan struct{}, 1)}
}

func (st *stream) push(c *wire.ContentChunk) {
	st.mu.Lock()
	st.chunks = append(st.chunks, c)
	st.mu.Unlock()
	select {
	case st.came <- struct{}{}:
	default:
	}
}

func (st *stream) need(credit int64) error {
	n := wire.ContentNeed{ID: st.owner.id, Stream: st.number, SHA256: st.named.SHA256, Credit: credit}
	return st.owner.s.w.Send(wire.TypeContentNeed, n)
}

// Read returns bytes as they arrive.
func (st *stream) Read(p []byte) (int, error) {
	for len(st.rest) == 0 {
		if st.err != nil {
			return 0, st.err
		}
		if st.err = st.fill(); st.err != nil {
			st.owner.drop(st.number)
		}
	}
	n := copy(p, st.rest)
	st.rest = st.rest[n:]
	return n, nil
}

// fill takes the next chunk.
func (st *stream) fill() error {
	chunk, err := st.next()
	if err != nil {
		return err
	}
	if chunk.Err != "" {
		return fmt.Errorf("content %s: %s", st.named.SHA256, chunk.Err)
	}
	st.rest = chunk.Data
	st.read += int64(len(chunk.Data))
	st.used += int64(len(chunk.Data))
	st.hash.Write(chunk.Data)
	if st.small {
		st.kept = append(st.kept, chunk.Data...)
	}
	if chunk.EOF {
		return st.verify()
	}
	if st.read > st.named.Size {
		return fmt.Errorf("content %s: longer than the %d bytes announced", st.named.SHA256, st.named.Size)
	}
	if st.used >= window/2 {
		credit := st.used
		st.used = 0
		return st.need(credit)
	}
	return nil
}

func (st *stream) next() (*wire.ContentChunk, error) {
	for {
		st.mu.Lock()
		if len(st.chunks) > 0 {
			c := st.chunks[0]
			st.chunks = st.chunks[1:]
			st.mu.Unlock()
			return c, nil
		}
		st.mu.Unlock()
		select {
		case <-st.came:
		case <-st.ctx.Done():
			return nil, context.Cause(st.ctx)
		}
	}
}

// verify ends a stream that was read whole. Data of the last chunk is still handed out before its verdict.
func (st *stream) verify() error {
	if st.read != st.named.Size || hex.EncodeToString(st.hash.Sum(nil)) != st.named.SHA256 {
		st.rest = nil
		return fmt.Errorf("content %s: it changed on the controller while the task ran", st.named.SHA256)
	}
	if st.small {
		st.owner.remember(st.named.SHA256, st.kept)
	}
	return io.EOF
}

// Close stops the controller from sending more.
func (st *stream) Close() error {
	if st.err != nil {
		return nil
	}
	st.err = errors.New("content is closed")
	st.rest = nil
	st.owner.drop(st.number)
	return st.owner.s.w.Send(wire.TypeContentNeed, wire.ContentNeed{ID: st.owner.id, Stream: st.number, SHA256: st.named.SHA256, Close: true})
}
