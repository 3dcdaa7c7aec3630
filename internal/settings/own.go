package settings

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/musterhq/muster/internal/diag"
)

// ownSection is the section of ansible.cfg that holds muster's own settings as well.
const ownSection = "muster"

// locateOwn finds muster's own settings file: $MUSTER_CONFIG, ./muster.toml unless anybody may write into that folder,
// muster/muster.toml in $XDG_CONFIG_HOME or ~/.config, /etc/muster/muster.toml. It returns "" when there is none.
func (s *Settings) locateOwn() (string, diag.List) {
	if named, ok := s.env["MUSTER_CONFIG"]; ok && named != "" {
		return s.resolve(named, s.cwd), nil
	}
	local := filepath.Join(s.cwd, "muster.toml")
	if readable(local) {
		info, err := os.Stat(s.cwd)
		if err == nil && info.Mode().Perm()&0o002 == 0 {
			return local, nil
		}
		var found diag.List
		found.Add((&diag.Diagnostic{Severity: diag.Warning, Pos: diag.Pos{File: local},
			Summary: "this file is ignored, because anybody may write into its folder"}).
			WithHint("chmod o-w %s, or name the file in MUSTER_CONFIG", s.cwd))
		return "", found
	}
	config := s.env["XDG_CONFIG_HOME"]
	if config == "" {
		config = s.resolve("~/.config", s.cwd)
	}
	for _, c := range []string{filepath.Join(config, "muster", "muster.toml"), "/etc/muster/muster.toml"} {
		if readable(c) {
			return c, nil
		}
	}
	return "", nil
}

// readOwn reads muster's own settings file, if there is one: keys and values, without tables.
func (s *Settings) readOwn(all []definition) diag.List {
	path, found := s.locateOwn()
	if path == "" {
		return found
	}
	s.OwnFile = path
	src, err := os.ReadFile(path)
	if err != nil {
		found.Add(diag.Errorf(diag.Pos{File: path}, "the settings file cannot be read: %v", err))
		return found
	}
	var values map[string]any
	if _, err := toml.Decode(string(src), &values); err != nil {
		found.Add(tomlProblem(path, err))
		return found
	}
	known := ownKeys(all)
	f := &file{path: path, sections: map[string]map[string]entry{ownSection: {}}}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		pos := diag.Pos{File: path, Line: lineOf(string(src), key), Col: 1}
		if !slices.Contains(known, key) {
			d := diag.Errorf(pos, "there is no setting %s", key)
			if near := diag.Suggest(key, known); near != "" {
				d = d.WithHint("did you mean %s?", near)
			} else {
				d = d.WithHint("the settings are %s; those of Ansible stand in ansible.cfg", strings.Join(known, ", "))
			}
			found.Add(d)
			continue
		}
		f.sections[ownSection][key] = entry{text: tomlText(values[key]), pos: pos}
	}
	s.own = f
	return found
}

func tomlProblem(path string, err error) *diag.Diagnostic {
	if p, ok := err.(toml.ParseError); ok { //nolint:errorlint // the library returns it as it is
		return diag.Errorf(diag.Pos{File: path, Line: p.Position.Line, Col: max(1, p.Position.Col)}, "%s", p.Message)
	}
	return diag.Errorf(diag.Pos{File: path}, "%v", err)
}

// ownKeys are the keys of muster's own settings.
func ownKeys(all []definition) []string {
	var keys []string
	for _, d := range all {
		if section, key, ok := strings.Cut(d.ini, "."); ok && section == ownSection {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// tomlText is a value as ansible.cfg would write it.
func tomlText(v any) string {
	if list, ok := v.([]any); ok {
		parts := make([]string, len(list))
		for i, item := range list {
			parts[i] = fmt.Sprint(item)
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

// lineOf is the line on which a key is set, 1 when it is not found.
func lineOf(src, key string) int {
	for i, line := range strings.Split(src, "\n") {
		name, _, ok := strings.Cut(line, "=")
		if ok && strings.Trim(strings.TrimSpace(name), `"'`) == key {
			return i + 1
		}
	}
	return 1
}
