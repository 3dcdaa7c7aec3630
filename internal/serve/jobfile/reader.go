package jobfile

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/yaml11"
)

// reader collects the mistakes of a file while it is read.
type reader struct {
	file  string
	found diag.List
}

func (r *reader) pos(n *yaml.Node) diag.Pos { return yaml11.Pos(r.file, n) }

func (r *reader) errorf(n *yaml.Node, format string, args ...any) {
	r.found.Add(diag.Errorf(r.pos(n), format, args...))
}

func (r *reader) hintf(n *yaml.Node, hint, format string, args ...any) {
	r.found.Add(diag.Errorf(r.pos(n), format, args...).WithHint("%s", hint))
}

// keys are what a mapping may hold, and who reads each.
type keys map[string]func(*yaml.Node)

// mapping reads a mapping: every key once and known, and those that must be there are.
func (r *reader) mapping(n *yaml.Node, what string, known keys, required ...string) {
	if n = resolve(n); n.Kind != yaml.MappingNode {
		r.errorf(n, "%s must be a mapping, not %s", what, kindOf(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		read, ok := known[k.Value]
		switch {
		case !ok:
			r.unknown(k, what, known)
		case seen[k.Value]:
			r.errorf(k, "%s has %s twice", what, k.Value)
		default:
			read(resolve(v))
		}
		seen[k.Value] = true
	}
	for _, name := range required {
		if !seen[name] {
			r.errorf(n, "%s needs %s", what, name)
		}
	}
}

// at is what a mapping holds for a key; the mapping when it holds nothing.
func at(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return n
}

func (r *reader) unknown(k *yaml.Node, what string, known keys) {
	names := slices.Sorted(maps.Keys(known))
	hint := "there are " + strings.Join(names, ", ")
	if s := diag.Suggest(k.Value, names); s != "" {
		hint = "did you mean " + s + "?"
	}
	r.hintf(k, hint, "%s has no key %q", what, k.Value)
}

// named reads a mapping of names to something.
func (r *reader) named(n *yaml.Node, what string, each func(name, v *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.errorf(n, "%s must be a mapping of names, not %s", what, kindOf(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		if seen[name.Value] {
			r.errorf(name, "%s has %s twice", what, name.Value)
			continue
		}
		seen[name.Value] = true
		if !validName(name.Value) {
			r.errorf(name, "%q is no name: use letters, digits, - and _, at most 60 of them", name.Value)
			continue
		}
		each(name, resolve(n.Content[i+1]))
	}
}

func validName(s string) bool {
	if s == "" || len(s) > 60 {
		return false
	}
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return strconv.Quote(n.Value)
	}
}

// scalar returns the text of a scalar that is not empty.
func (r *reader) scalar(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		r.errorf(n, "%s must be a text, not %s", what, kindOf(n))
		return "", false
	}
	return n.Value, true
}

func (r *reader) text(to *string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) { *to, _ = r.scalar(n, what) }
}

// texts reads one text or a list of them.
func (r *reader) texts(to *[]string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		for _, item := range items {
			if s, ok := r.scalar(resolve(item), what); ok {
				*to = append(*to, s)
			}
		}
	}
}

// path reads a path, which is taken from the file's folder.
func (r *reader) path(to *string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if s, ok := r.scalar(n, what); ok {
			*to = r.absolute(s)
		}
	}
}

func (r *reader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(r.file), path)
}

// choice reads one of some words.
func choice[T ~string](r *reader, to *T, what string, words ...T) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := r.scalar(n, what)
		if !ok {
			return
		}
		if slices.Contains(words, T(s)) {
			*to = T(s)
			return
		}
		names := make([]string, len(words))
		for i, w := range words {
			names[i] = string(w)
		}
		r.errorf(n, "%s must be %s, not %q", what, orList(names), s)
	}
}

func orList(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func (r *reader) flag(to *bool, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if err := n.Decode(to); err != nil || n.Tag != "!!bool" {
			r.errorf(n, "%s must be true or false, not %s", what, kindOf(n))
		}
	}
}

func (r *reader) number(to *int, what string, low, high int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if err != nil || n.Kind != yaml.ScalarNode || v < low || v > high {
			r.errorf(n, "%s must be a number from %d to %d, not %s", what, low, high, kindOf(n))
			return
		}
		*to = v
	}
}

func (r *reader) duration(to *time.Duration, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d, err := ParseDuration(n.Value)
		if err != nil || n.Kind != yaml.ScalarNode {
			r.hintf(n, "write it as 30s, 5m, 2h, 7d or 1h30m", "%s must be a length of time, not %s", what, kindOf(n))
			return
		}
		*to = d
	}
}

// parsed reads a text that has a form of its own.
func parsed[T any](r *reader, to *T, what string, parse func(string) (T, error)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := r.scalar(n, what)
		if !ok {
			return
		}
		v, err := parse(s)
		if err != nil {
			r.errorf(n, "%s: %v", what, err)
			return
		}
		*to = v
	}
}

// ParseDuration reads lengths of time as time.ParseDuration does, and days and weeks at their start: 7d, 2w, 1d12h.
func ParseDuration(text string) (time.Duration, error) {
	var sum time.Duration
	rest := text
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		number, after, found := strings.Cut(rest, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is no length of time", text)
		}
		sum += time.Duration(n) * unit.length
		rest = after
	}
	if rest == "" && text != "" {
		return sum, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no length of time", text)
	}
	return sum + d, nil
}
