package packages

import (
	"fmt"
	"slices"
	"strings"
)

// repoFile is a file of repositories as Python's configparser reads and writes it: comments are not kept.
type repoFile []repoSection

type repoSection struct {
	name    string
	options []repoOption
}

type repoOption struct{ name, value string }

func parseRepoFile(text string) (repoFile, error) {
	var f repoFile
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		bare := strings.TrimSpace(line)
		switch {
		case bare == "" || bare[0] == '#' || bare[0] == ';':
		case strings.HasPrefix(bare, "[") && strings.Contains(bare, "]"):
			f = append(f, repoSection{name: bare[1:strings.IndexByte(bare, ']')]})
		case len(f) == 0:
			return nil, fmt.Errorf("line %d stands in no section", i+1)
		case line[0] == ' ' || line[0] == '\t':
			options := f[len(f)-1].options
			if len(options) == 0 {
				return nil, fmt.Errorf("line %d continues nothing", i+1)
			}
			options[len(options)-1].value += "\n" + bare
		default:
			at := strings.IndexAny(line, "=:")
			if at < 0 {
				return nil, fmt.Errorf("line %d has no value", i+1)
			}
			s := &f[len(f)-1]
			s.options = append(s.options, repoOption{strings.ToLower(strings.TrimSpace(line[:at])), strings.TrimSpace(line[at+1:])})
		}
	}
	return f, nil
}

func (f repoFile) without(name string) repoFile {
	return slices.DeleteFunc(slices.Clone(f), func(s repoSection) bool { return s.name == name })
}

// text is the file.
func (f repoFile) text() string {
	var b strings.Builder
	for _, s := range f {
		fmt.Fprintf(&b, "[%s]\n", s.name)
		for _, o := range s.options {
			fmt.Fprintf(&b, "%s = %s\n", o.name, strings.ReplaceAll(o.value, "\n", "\n\t"))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// dump is what counts of the file: sections and options, sorted.
func (f repoFile) dump() string {
	sorted := slices.Clone(f)
	slices.SortFunc(sorted, func(a, b repoSection) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	for _, s := range sorted {
		options := slices.Clone(s.options)
		slices.SortFunc(options, func(a, b repoOption) int { return strings.Compare(a.name, b.name) })
		fmt.Fprintf(&b, "[%s]\n", s.name)
		for _, o := range options {
			fmt.Fprintf(&b, "%s = %s\n", o.name, o.value)
		}
		b.WriteString("\n")
	}
	return b.String()
}
