package elsewhere

import (
	"errors"
	"fmt"
	"testing"
)

func TestNote(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{{nil, false}, {errors.New("broken"), false}, {Err, true}, {fmt.Errorf("zstd: %w", Err), true}} {
		ctx, asked := Watch(t.Context())
		Note(ctx, c.err)
		if asked() != c.want {
			t.Errorf("%v: %v", c.err, asked())
		}
	}
	Note(t.Context(), Err) // nobody watches
}
