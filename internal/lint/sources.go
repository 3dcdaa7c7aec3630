package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/yaml11"
)

// sources keeps the files that findings point into: their lines, for comments that silence a rule, and the nodes of their
// YAML, for the places of single parameters.
type sources struct {
	lines map[string][]string
	nodes map[string]map[diag.Pos]*yaml.Node // mappings by the place where they start
}

func newSources() *sources {
	return &sources{lines: map[string][]string{}, nodes: map[string]map[diag.Pos]*yaml.Node{}}
}

// line returns a line of a file, counted from 1; "" beyond its ends.
func (s *sources) line(file string, n int) string {
	lines, ok := s.lines[file]
	if !ok {
		if src, err := os.ReadFile(file); err == nil {
			lines = strings.Split(string(src), "\n")
		}
		s.lines[file] = lines
	}
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// ignoring is the comment that silences rules on its line, or on the next one when nothing else stands on its own:
// `# muster:ignore` all of them, `# muster:ignore handler,style` these.
var ignoring = regexp.MustCompile(`#\s*muster:ignore\b[ \t]*([\w, -]*)`)

// ignored tells whether a comment silences the rule at the place.
func (s *sources) ignored(rule string, pos diag.Pos) bool {
	if pos.Line == 0 {
		return false
	}
	if silences(s.line(pos.File, pos.Line), rule) {
		return true
	}
	above := strings.TrimSpace(s.line(pos.File, pos.Line-1))
	return strings.HasPrefix(above, "#") && silences(above, rule)
}

func silences(line, rule string) bool {
	m := ignoring.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	names := strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' })
	for _, n := range names {
		if n == rule {
			return true
		}
	}
	return len(names) == 0
}

// mapping returns the mapping that starts at a place, nil when there is none.
func (s *sources) mapping(pos diag.Pos) *yaml.Node {
	index, ok := s.nodes[pos.File]
	if !ok {
		index = map[diag.Pos]*yaml.Node{}
		if src, err := os.ReadFile(pos.File); err == nil {
			if docs, err := yaml11.Parse(pos.File, src); err == nil {
				for _, d := range docs {
					indexMappings(pos.File, d.Root, index, 0)
				}
			}
		}
		s.nodes[pos.File] = index
	}
	return index[pos]
}

func indexMappings(file string, n *yaml.Node, index map[diag.Pos]*yaml.Node, depth int) {
	if n == nil || depth > 200 {
		return
	}
	if n.Kind == yaml.MappingNode {
		index[yaml11.Pos(file, n)] = n
	}
	for _, child := range n.Content {
		indexMappings(file, child, index, depth+1)
	}
}

// entry returns the places of a key of a mapping and of its value.
func entry(file string, n *yaml.Node, key string) (kpos, vpos diag.Pos, value *yaml.Node, ok bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		return diag.Pos{}, diag.Pos{}, nil, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			v := n.Content[i+1]
			if v.Kind == yaml.AliasNode {
				v = v.Alias
			}
			return yaml11.Pos(file, n.Content[i]), yaml11.Pos(file, v), v, true
		}
	}
	return diag.Pos{}, diag.Pos{}, nil, false
}

// absolute makes a path absolute, as the loader does with the names of files.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
