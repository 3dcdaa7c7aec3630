package transport_test

import (
	"errors"
	"testing"

	"github.com/musterhq/muster/transport"
)

// TestOutputGoesAstrayOnAWarmHost: a runner that is there notices what it cannot be heard through, at once.
func TestOutputGoesAstrayOnAWarmHost(t *testing.T) {
	for _, redirection := range []string{"exec 1>&2", "exec >/dev/null", "exec >$HOME/log"} {
		t.Run(redirection, func(t *testing.T) {
			b, bin := newBox(t), binaries(t)
			if _, err := b.open(t, bin); err != nil {
				t.Fatal(err)
			}
			b.login = func(c string) string { return redirection + "; " + c }
			_, err := b.open(t, bin)
			var e *transport.Error
			if !errors.As(err, &e) || e.Kind != transport.KindNoShell || e.What != "a login file redirects the standard output of commands" {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("exec 2>&1 does no harm", func(t *testing.T) {
		b, bin := newBox(t), binaries(t)
		b.login = func(c string) string { return "exec 2>&1; " + c }
		for range 2 {
			s, err := b.open(t, bin)
			if err != nil {
				t.Fatal(err)
			}
			use(t, s)
		}
	})
}
