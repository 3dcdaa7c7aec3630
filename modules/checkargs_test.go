package modules

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

type checkedParams struct {
	Path  string   `param:"path,required" alias:"dest" type:"path" doc:"A path."`
	State string   `param:"state" choices:"present,absent" default:"present" doc:"A state."`
	Count *int     `param:"count" doc:"A number."`
	Force *bool    `param:"force" doc:"A truth value."`
	Ports []int    `param:"ports" elements:"int" doc:"Numbers."`
	Kinds []string `param:"kinds" elements:"str" choices:"a,b" doc:"Choices."`
	Inner struct {
		Name string `param:"name,required" doc:"A name."`
		Size *int   `param:"size" doc:"A size."`
	} `param:"inner" doc:"A mapping."`
}

func checkedModule() Module {
	return Query[checkedParams]{
		Info: Info{Name: "checked"},
		Rules: Rules{
			Exclusive: [][]string{{"count", "force"}}, Together: [][]string{{"ports", "kinds"}},
			If: []RequiredIf{{Param: "state", Value: "absent", Needs: []string{"force"}}}, By: map[string][]string{"count": {"ports"}},
		},
		Run: func(context.Context, sys.Reader, checkedParams) (Result, error) { return nil, nil },
	}.Module()
}

// TestCheckArgs: what is certainly wrong is told with the parameter and a hint, and nothing that may turn out right.
func TestCheckArgs(t *testing.T) {
	unknown := Computed{}
	for name, tt := range map[string]struct {
		args map[string]any
		want []string // "parameter: message (hint)"
	}{
		"right":               {map[string]any{"dest": "/x", "state": "present", "force": "yes"}, nil},
		"unknown, near":       {map[string]any{"path": "/x", "stat": "absent"}, []string{"stat: checked has no parameter stat (did you mean state?)"}},
		"unknown, far":        {map[string]any{"path": "/x", "zzz": 1}, []string{"zzz: checked has no parameter zzz (it has count, dest, force, inner, kinds, path, ports, state)"}},
		"missing":             {map[string]any{}, []string{": checked needs the parameter path ()"}},
		"null":                {map[string]any{"path": nil}, []string{": checked needs the parameter path ()"}},
		"no number":           {map[string]any{"path": "/x", "count": "many", "ports": []any{1}, "kinds": []any{"a"}}, []string{"count: checked: count should be a whole number, but "}},
		"no truth value":      {map[string]any{"path": "/x", "force": "perhaps"}, []string{"force: checked: force should be a truth value (true or false), but "}},
		"no choice":           {map[string]any{"path": "/x", "state": "presnt"}, []string{"state: checked: state must be one of present, absent, not presnt (did you mean present?)"}},
		"items":               {map[string]any{"path": "/x", "ports": []any{1, "x"}, "kinds": []any{"a"}}, []string{"ports: checked: the items of ports should be a whole number, but "}},
		"items' choices":      {map[string]any{"path": "/x", "ports": []any{1}, "kinds": []any{"c"}}, []string{"kinds: checked: kinds must be one of a, b, not "}},
		"inner":               {map[string]any{"path": "/x", "inner": map[string]any{"nam": "x"}}, []string{"nam: checked has no parameter nam found in inner (did you mean name?)", ": checked needs the parameter name found in inner ()"}},
		"exclusive":           {map[string]any{"path": "/x", "count": 1, "force": true, "ports": []any{1}, "kinds": []any{"a"}}, []string{": checked: parameters are mutually exclusive: count|force ()"}},
		"together":            {map[string]any{"path": "/x", "ports": []any{1}}, []string{": checked: parameters are required together: ports, kinds ()"}},
		"needed by a value":   {map[string]any{"path": "/x", "state": "absent"}, []string{": checked: state is absent but all of the following are missing: force ()"}},
		"needed by another":   {map[string]any{"path": "/x", "count": 1}, []string{": checked: missing parameter(s) required by 'count': ports ()"}},
		"computed":            {map[string]any{"path": unknown, "state": unknown, "count": unknown, "force": unknown, "ports": unknown, "kinds": []any{unknown}}, nil},
		"computed in a list":  {map[string]any{"path": "/x", "ports": []any{1, unknown}, "kinds": unknown}, nil},
		"computed in a map":   {map[string]any{"path": "/x", "inner": map[string]any{"name": unknown, "siz": 1}}, []string{"siz: checked has no parameter siz found in inner (did you mean size?)"}},
		"computed among both": {map[string]any{"path": "/x", "count": unknown, "force": true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range CheckArgs(checkedModule(), tt.args) {
				got = append(got, p.Param+": "+p.Message+" ("+p.Hint+")")
			}
			if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}
