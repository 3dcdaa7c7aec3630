//go:build !slim

package zst

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// NewReader decompresses r as it is read. A stream that would need more than 128 MiB of memory is refused.
func NewReader(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}
