package main

import (
	"context"
	"io"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/transport"
)

// progressing shows on the terminal, if there is one, what a run is at while that takes long. It returns the sink that sees
// the run besides the given one, and what ends it.
func (w *workbench) progressing(sink event.Sink) (event.Sink, func()) {
	if w.io.line == nil || w.io.getenv("TERM") == "dumb" {
		return sink, func() {}
	}
	w.status = view.NewProgress(w.io.line, time.Now)
	return both{sink, w.status}, w.status.Start()
}

// pushingConn tells the progress of a run what it sends to a host.
type pushingConn struct {
	transport.Conn
	status *view.Progress
}

// Put sends a file.
func (c pushingConn) Put(ctx context.Context, path string, content io.Reader, size int64, perm uint32) error {
	sent, over := c.status.Pushing(size)
	defer over()
	return c.Conn.Put(ctx, path, &countedReader{content, sent}, size, perm)
}

// countedReader tells how much is read from it.
type countedReader struct {
	io.Reader
	tell func(n int)
}

// Read reads on.
func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.tell(n)
	return n, err
}
