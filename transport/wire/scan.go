package wire

import (
	"bufio"
	"errors"
	"fmt"
)

// Magic comes before the first frame in each direction. It starts with bytes that no login file prints, and the
// receiver looks for it in whatever else arrives first.
const Magic = "\x00\xffmuster\x01"

// Astray is the line that a runner prints on standard error when its standard output leads to no reader.
const Astray = "MUSTER-ASTRAY"

// maxNoise is how much may be printed before Magic.
const maxNoise = 1 << 20

// ErrNoMagic says that too much else was printed.
var ErrNoMagic = errors.New("no runner answered")

// Scan reads up to the end of Magic. What comes before it is passed to noise in pieces, as soon as it arrives, so that
// prompts can be answered; the pieces are only valid during the call. noise may end the scan with an error.
func Scan(r *bufio.Reader, noise func([]byte) error) error {
	matched, seen := 0, 0
	var piece []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if seen++; seen > maxNoise {
			return fmt.Errorf("%d bytes of other output: %w", maxNoise, ErrNoMagic)
		}
		if b == Magic[matched] {
			if matched++; matched == len(Magic) {
				return give(piece, noise)
			}
		} else {
			// Magic's first byte occurs nowhere else in it, so a mismatch restarts at b.
			piece = append(piece, Magic[:matched]...)
			matched = 0
			if b == Magic[0] {
				matched = 1
			} else {
				piece = append(piece, b)
			}
		}
		if r.Buffered() == 0 {
			if err := give(piece, noise); err != nil {
				return err
			}
			piece = piece[:0]
		}
	}
}

func give(piece []byte, noise func([]byte) error) error {
	if len(piece) == 0 || noise == nil {
		return nil
	}
	return noise(piece)
}
