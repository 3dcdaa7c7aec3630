package lookup

import (
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// Subdirer is an Env that knows in which kind of folder the calling task's files are: files, templates, vars or tasks.
type Subdirer interface{ Subdir() string }

// candidates are the names that first_found tries, and whether it may find none.
type candidates struct {
	names []any
	skip  bool
}

func firstFound(c *call) ([]any, error) {
	all, err := c.candidates(c.terms, 0)
	if err != nil {
		return nil, err
	}
	subdir := "files"
	if s, ok := c.env.(Subdirer); ok && s.Subdir() != "" {
		subdir = s.Subdir()
	}
	for _, name := range all.names {
		v, err := c.env.Render(name)
		if err != nil {
			if value.IsUndefined(err) {
				continue
			}
			return nil, err
		}
		if _, undefined := v.(*value.Undefined); undefined {
			continue
		}
		if path, ok := c.find(subdir, value.Str(v)); ok {
			return []any{path}, nil
		}
	}
	if all.skip {
		return []any{}, nil
	}
	return nil, errorf("No file was found when using first_found.")
}

// candidates works through the terms: names, lists of terms, and mappings with files, paths and skip.
func (c *call) candidates(terms []any, depth int) (candidates, error) {
	var all candidates
	if depth > 20 {
		return all, errorf("first_found: the terms are nested too deeply")
	}
	if len(terms) == 0 && depth == 0 {
		terms = []any{value.DictOf("files", c.Any("files"), "paths", c.Any("paths"), "skip", c.Any("skip"))}
	}
	for _, t := range terms {
		files, paths := c.Any("files"), c.Any("paths")
		all.skip = c.Bool("skip")
		switch x := t.(type) {
		case *value.Undefined:
			continue
		case *value.Dict:
			files, _ = x.Get("files")
			paths, _ = x.Get("paths")
			skip, _ := x.Get("skip")
			all.skip = filters.ToBool(skip) == true
		case string, value.Template:
		default:
			inner, ok := listItems(t)
			if !ok {
				return all, errorf("Invalid term supplied, can handle string, mapping or list of strings but got: %s for %s",
					value.TypeName(t), value.Str(t))
			}
			part, err := c.candidates(inner, depth+1)
			if err != nil {
				return all, err
			}
			all.names, all.skip = append(all.names, part.names...), part.skip
			continue
		}
		all.names = combined(all.names, splitNames(files, ",;"), splitNames(paths, ",:;"), t)
	}
	return all, nil
}

// combined adds what one term stands for: every file in every path, or the files alone, which replace what came before,
// or the term itself.
func combined(names, files, paths []any, term any) []any {
	switch {
	case len(paths) > 0:
		for _, p := range paths {
			for _, f := range files {
				names = append(names, joinName(p, f))
			}
		}
		return names
	case len(files) > 0:
		return files
	}
	if _, isDict := term.(*value.Dict); isDict {
		return names
	}
	return append(names, term)
}

// joinName joins a folder and a name, which may be templates still.
func joinName(dir, name any) any {
	joined := filepath.Join(value.Str(dir), value.Str(name))
	if filepath.IsAbs(value.Str(name)) {
		joined = value.Str(name)
	}
	for _, part := range []any{dir, name} {
		if t, ok := part.(value.Template); ok {
			return value.Template{Src: joined, Pos: t.Pos}
		}
	}
	return joined
}

// splitNames splits text, or each text of a list, at any of the separators.
func splitNames(v any, separators string) []any {
	if items, ok := listItems(v); ok {
		var out []any
		for _, item := range items {
			out = append(out, splitNames(item, separators)...)
		}
		return out
	}
	s, ok := v.(string)
	if !ok {
		if v == nil {
			return nil
		}
		return []any{v}
	}
	var out []any
	for {
		i := strings.IndexAny(s, separators)
		if i < 0 {
			return append(out, s)
		}
		out = append(out, s[:i])
		s = s[i+1:]
	}
}
