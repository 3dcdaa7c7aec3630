package inventory

import (
	"errors"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// readTOML reads an inventory of tables: [group.hosts], [group.hosts.NAME], [group.vars] and children = ["group"].
func (l *loader) readTOML(s string) error {
	if filepath.Ext(s) != ".toml" {
		return errDeclined
	}
	src, err := l.readFile(s)
	if err != nil {
		return err
	}
	var raw map[string]any
	meta, err := toml.Decode(string(src), &raw)
	var bad toml.ParseError
	if errors.As(err, &bad) {
		return diag.Errorf(diag.Pos{File: s, Line: bad.Position.Line, Col: max(1, bad.Position.Col)}, "%s", bad.Message)
	}
	if err != nil {
		return err
	}
	at := diag.Pos{File: s, Line: 1, Col: 1}
	if len(raw) == 0 {
		return diag.Errorf(at, "the TOML file is empty")
	}
	if _, has := raw["plugin"]; has {
		return diag.Errorf(at, "this file configures an inventory plugin, which is written in YAML")
	}
	top := ordered(meta, raw)
	for _, group := range top.All() {
		if d, ok := group.(*value.Dict); ok {
			childrenAsMapping(d)
		}
	}
	t, _ := trusted(top, at).(*value.Dict)
	return l.groups(&document{file: s, value: t}, t)
}

// ordered is what was decoded, with keys in the order of the file.
func ordered(meta toml.MetaData, raw map[string]any) *value.Dict {
	top := value.NewDict()
	for _, key := range meta.Keys() {
		at, in := top, any(raw)
		for i, name := range key {
			table, ok := in.(map[string]any)
			if !ok {
				break
			}
			if in = table[name]; in == nil {
				break
			}
			if _, isTable := in.(map[string]any); !isTable {
				at.Set(name, value.From(in))
				break
			}
			next, has := at.Get(name)
			if !has {
				next = value.NewDict()
				at.Set(name, next)
			}
			d, ok := next.(*value.Dict)
			if !ok || i == len(key)-1 {
				break
			}
			at = d
		}
	}
	return top
}

// childrenAsMapping turns the list of a group's children into the mapping that YAML inventories have.
func childrenAsMapping(group *value.Dict) {
	v, _ := group.Get("children")
	list, ok := v.(*value.List)
	if !ok {
		return
	}
	d := value.NewDict()
	for _, name := range list.Items {
		d.Set(name, nil)
	}
	group.Set("children", d)
}
