package modules_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Prepare comes before the first reading and Upkeep after the last; neither in check mode, nor does either change anything
// by the result's account.
func TestPrepareAndUpkeepFrameARun(t *testing.T) {
	type params struct {
		Want string `param:"want" doc:"What to want."`
	}
	for _, c := range []struct {
		want  string
		check bool
		steps []string
	}{
		{"old", false, []string{"prepare", "read", "upkeep old"}},
		{"new", false, []string{"prepare", "read", "apply", "read", "upkeep new"}},
		{"new", true, []string{"read"}},
	} {
		state, steps := "old", []string(nil)
		m := modules.State[params, string]{
			Info:    modules.Info{Name: "framed"},
			Prepare: func(context.Context, sys.System, params) error { steps = append(steps, "prepare"); return nil },
			Read: func(context.Context, sys.Reader, params) (string, error) {
				steps = append(steps, "read")
				return state, nil
			},
			Want: func(p params, _ string) (string, error) { return p.Want, nil },
			Apply: func(_ context.Context, _ sys.System, _ params, _, to string) error {
				steps, state = append(steps, "apply"), to
				return nil
			},
			Upkeep: func(_ context.Context, _ sys.System, _ params, now string) error {
				steps = append(steps, "upkeep "+now)
				return nil
			},
			Report: func(params, string, string, bool) modules.Result { return nil },
		}.Module()
		res := m.Run(t.Context(), &modules.Call{Sys: sys.Rooted(t.TempDir()), Check: c.check, Args: map[string]any{"want": c.want}})
		if res.Failed() || res.Changed() != (c.want == "new") || !reflect.DeepEqual(steps, c.steps) {
			t.Errorf("%+v: %v, %q", c, res, steps)
		}
	}
}
