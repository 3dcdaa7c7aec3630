package databases

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// clientOptions reads the section client of an option file; nothing when there is no such file.
func clientOptions(r sys.Reader, path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	src, err := r.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	options, err := parseOptions(string(src), "client")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return options, nil
}

// parseOptions reads one section of an option file. Names are in lower case with dashes; an option without a value is
// empty; quotes around a value are removed.
func parseOptions(src, section string) (map[string]string, error) {
	options, in := map[string]string{}, ""
	for i, line := range strings.Split(src, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.ContainsRune("#;!", rune(line[0])):
		case line[0] == '[':
			end := strings.IndexByte(line, ']')
			if end < 0 {
				return nil, fmt.Errorf("line %d: the name of the section has no end", i+1)
			}
			in = line[1:end]
		case in == "":
			return nil, fmt.Errorf("line %d: an option before the first section", i+1)
		case in == section:
			name, value, _ := strings.Cut(line, "=")
			name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-")
			options[name] = unquoteOption(strings.TrimSpace(value))
		}
	}
	return options, nil
}

func unquoteOption(v string) string {
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		return v[1 : len(v)-1]
	}
	return v
}
