package playbook

import (
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// AdHoc is one task of a command line.
type AdHoc struct {
	Pattern string
	Module  string
	Args    string // key=value words, a JSON mapping, or free text
	Dir     string // stands for the playbook's folder
	Async   int    // seconds
	Poll    int    // seconds
	Timeout int    // seconds
	Pos     diag.Pos
}

// AdHoc makes a playbook of one play with one task, which gathers no facts.
func (l *Loader) AdHoc(a AdHoc) (*Playbook, error) {
	r := &reader{Loader: l}
	p := &Play{Attrs: Attrs{}, Pos: a.Pos, Dir: a.Dir, Hosts: a.Pattern, File: a.Dir + "/"}
	p.Attrs["name"] = Attr{Value: "Ansible Ad-Hoc", Pos: a.Pos}
	p.Attrs["gather_facts"] = Attr{Value: false, Pos: a.Pos}
	p.Root = &Block{Attrs: p.Attrs, Pos: a.Pos, Play: p, Vars: value.NewDict(), Static: true}
	t := &Task{Attrs: Attrs{}, Pos: a.Pos, Parent: p.Root, Action: a.Module, ActionPos: a.Pos, File: p.File, Vars: value.NewDict()}
	if strings.HasPrefix(strings.TrimSpace(a.Args), "{") {
		v, err := yaml11.Load("<arguments>", []byte(a.Args), yaml11.Trusted)
		if err != nil {
			return nil, err
		}
		t.Args, _ = v.(*value.Dict)
	}
	if t.Args == nil {
		t.Args = r.textArguments(a.Args, a.Module, a.Pos)
	}
	for k, n := range map[string]int{"async": a.Async, "timeout": a.Timeout} {
		if n > 0 {
			t.Attrs[k] = Attr{Value: n, Pos: a.Pos}
		}
	}
	if a.Async > 0 {
		t.Attrs["poll"] = Attr{Value: a.Poll, Pos: a.Pos}
	}
	p.Tasks = []Node{t}
	return &Playbook{File: "__adhoc_playbook__", Plays: []*Play{p}}, r.diags.Err()
}
