package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"

	"github.com/musterhq/muster/transport/wire"
)

// The flow of content: how much may be under way, and what is kept in memory for the next item of a loop.
const (
	window    = 8 * wire.ChunkSize
	cacheEach = wire.ChunkSize
	cacheAll  = 8 << 20
)

// contents opens what the controller holds for one request.
type contents struct {
	s       *server
	id      uint64
	named   map[string]wire.Content
	mu      sync.Mutex
	cached  map[string][]byte
	size    int
	streams map[uint64]*stream
	last    uint64
	closed  bool
}

func newContents(s *server, req *wire.Request) *contents {
	c := &contents{s: s, id: req.ID}
	if len(req.Contents) > 0 {
		c.named = make(map[string]wire.Content, len(req.Contents))
		for _, n := range req.Contents {
			c.named[n.SHA256] = n
		}
	}
	return c
}

// Open returns content by its digest. Reading to the end verifies size and digest: instead of io.EOF comes an error
// when they differ.
func (c *contents) Open(ctx context.Context, sha string) (io.ReadCloser, error) {
	named, ok := c.named[sha]
	if !ok {
		return nil, fmt.Errorf("content %s: the task does not name it", sha)
	}
	if int64(len(named.Inline)) == named.Size {
		if got := sha256.Sum256(named.Inline); hex.EncodeToString(got[:]) != sha {
			return nil, fmt.Errorf("content %s: what came with the task has another digest", sha)
		}
		return io.NopCloser(bytes.NewReader(named.Inline)), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if data, ok := c.cached[sha]; ok {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	if c.closed {
		return nil, fmt.Errorf("content %s: the task has ended", sha)
	}
	c.last++
	st := newStream(ctx, c, c.last, named)
	if c.streams == nil {
		c.streams = map[uint64]*stream{}
	}
	c.streams[st.number] = st
	if err := st.need(window); err != nil {
		delete(c.streams, st.number)
		return nil, fmt.Errorf("content %s: %w", sha, err)
	}
	return st, nil
}

// readAll returns whole content, for async jobs.
func (c *contents) readAll(ctx context.Context, sha string) (data []byte, err error) {
	r, err := c.Open(ctx, sha)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

// remember keeps small content for other items of the request.
func (c *contents) remember(sha string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size+len(data) > cacheAll {
		return
	}
	if c.cached == nil {
		c.cached = map[string][]byte{}
	}
	c.cached[sha] = data
	c.size += len(data)
}

func (c *contents) stream(number uint64) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams[number]
}

func (c *contents) drop(number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, number)
}

// close ends all streams: a module must not read after its request.
func (c *contents) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, st := range c.streams {
		st.push(&wire.ContentChunk{Err: "the task has ended"})
	}
	c.streams, c.cached = nil, nil
}

// chunk hands arriving content to its reader, or to the child that asked for it. Chunks of tasks that have ended are late.
func (s *server) chunk(payload []byte) error {
	id, err := wire.PeekID(payload)
	if err != nil {
		return err
	}
	s.mu.Lock()
	t := s.running[id]
	var c *child
	if t != nil {
		c = t.child
	}
	s.mu.Unlock()
	if t == nil {
		return nil
	}
	if c != nil {
		c.relay(wire.TypeContentChunk, payload)
		return nil
	}
	chunk, err := wire.Decode[wire.ContentChunk](payload)
	if err != nil {
		return err
	}
	if st := t.content.stream(chunk.Stream); st != nil {
		st.push(chunk)
	}
	return nil
}
