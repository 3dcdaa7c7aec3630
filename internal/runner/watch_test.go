package runner_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/transport/wire"
)

// TestOutputComesWhileItRuns: the command ends only when its first line was seen; a request that does not ask gets none.
func TestOutputComesWhileItRuns(t *testing.T) {
	s := open(t)
	for _, watch := range []bool{true, false} {
		gate := filepath.Join(t.TempDir(), "gate")
		release := func() {
			if err := os.WriteFile(gate, nil, 0o600); err != nil {
				t.Error(err)
			}
		}
		if !watch {
			release()
		}
		cmd := "echo first; echo 'second ü' >&2; printf half; i=0; while ! test -e " + gate + " && test $i -lt 2000; do sleep 0.05; i=$((i+1)); done; echo; echo bye"
		seen, results := "", 0
		err := s.Do(t.Context(), &wire.Request{Module: "run", Watch: watch, Items: items(map[string]any{"cmd": cmd})}, nil, func(r *wire.Response) {
			if r.Result != nil {
				results++
				return
			}
			if seen == "" {
				seen = r.Output
			}
			release()
		})
		if err != nil || results != 1 {
			t.Fatalf("%d results, %v", results, err)
		}
		want := map[bool]string{true: "first\nsecond ü", false: ""}[watch]
		if seen != want && seen != "second ü\nfirst" && seen != "first" {
			t.Errorf("watch %v: saw %q, want %q", watch, seen, want)
		}
		if !watch && seen != "" {
			t.Errorf("output came that nobody asked for: %q", seen)
		}
	}
}
