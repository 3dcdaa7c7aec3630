package tree

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/musterhq/muster/modules/sys"
)

// maxDiffSize is the size from which Ansible shows no diff of a file.
const maxDiffSize = 104448

// readForDiff returns a file's content, or nil after noting in d why it is not shown.
func readForDiff(ctx context.Context, r sys.Reader, n Node, side string, d map[string]any, observed bool) ([]byte, error) {
	if n.Kind == Link && observed {
		st, err := r.Stat(n.Path)
		if err != nil || !st.IsRegular() {
			return nil, nil
		}
		n.Kind, n.Size = File, st.Size
	}
	if n.Kind != File {
		return nil, nil
	}
	if n.Size > maxDiffSize {
		d[side+"_larger"] = maxDiffSize
		return nil, nil
	}
	f, err := openForDiff(ctx, r, n, observed)
	if err != nil {
		return nil, fmt.Errorf("%s: diff: %w", n.Path, reason(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDiffSize+1))
	if err != nil {
		return nil, fmt.Errorf("%s: diff: %w", n.Path, reason(err))
	}
	if bytes.IndexByte(b[:min(len(b), 8192)], 0) >= 0 {
		d[side+"_binary"] = 1
		return nil, nil
	}
	return b, nil
}

// openForDiff reads a node that was observed from the machine, and one that is wanted from where its content is.
func openForDiff(ctx context.Context, r sys.Reader, n Node, observed bool) (io.ReadCloser, error) {
	if observed && !n.loaded {
		return r.Open(n.Path)
	}
	return n.Open(ctx, r)
}
