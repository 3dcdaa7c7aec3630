package ssh

import "io"

const pumpSize = 4 << 10

// pump copies a channel's output so that a reader can be let go while the other side keeps the channel open, which a
// read from the channel itself cannot be.
type pump struct {
	*io.PipeReader
	in *io.PipeWriter
}

// newPump starts copying. It ends with the channel.
func newPump(from io.Reader) *pump {
	r, w := io.Pipe()
	go func() {
		_, err := io.CopyBuffer(onlyWriter{w}, onlyReader{from}, make([]byte, pumpSize))
		w.CloseWithError(err)
	}()
	return &pump{PipeReader: r, in: w}
}

// stop makes reads end as if the output had. What is not read yet is lost.
func (p *pump) stop() { p.in.Close() }

// onlyReader and onlyWriter keep io.CopyBuffer to the small buffer.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
