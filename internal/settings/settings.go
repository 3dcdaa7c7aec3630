// Package settings reads ansible.cfg and the ANSIBLE_* variables into one typed struct, and remembers where each value
// came from. Flags win over variables, variables over the file, the file over defaults.
package settings

import (
	"fmt"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Origin says where a value came from: "default", "env: ANSIBLE_FORKS", "flag: --forks" or the file, then with Pos.
type Origin struct {
	Text string
	Pos  diag.Pos
}

// The beginnings of Origin.Text where a value stands in no file.
const (
	originDefault = "default"
	originFlag    = "flag: "
)

// IsFlag reports that a flag of the command line gave the value.
func (o Origin) IsFlag() bool { return strings.HasPrefix(o.Text, originFlag) }

// Setting is one resolved setting. Value is nil, bool, int, float64, string or []string.
type Setting struct {
	Name   string
	Value  any
	Origin Origin
}

// Settings holds every setting of a run. The exported fields are those the engine uses; Get reaches all of them by
// Ansible's name. It must not be changed while others read it.
type Settings struct {
	Fields
	ConfigFile string // the ansible.cfg that was read, "" when there was none
	OwnFile    string // the muster.toml that was read, "" when there was none

	env         environment
	cwd         string
	home        string // ANSIBLE_HOME
	file        *file
	own         *file // muster.toml
	definitions map[string]definition
	values      map[string]Setting
	mu          sync.RWMutex
}

// Load finds and reads the configuration for a process with this environment and working folder. The Settings are
// usable even when the list holds errors: what is wrong keeps its default.
func Load(env []string, cwd string) (*Settings, diag.List) {
	s := &Settings{env: newEnvironment(env), cwd: filepath.Clean(cwd), definitions: map[string]definition{}, values: map[string]Setting{}}
	found := s.readFile()
	all := append(append(coreDefinitions(), pluginDefinitions()...), musterDefinitions()...)
	for _, d := range all {
		s.definitions[d.name] = d
	}
	found = append(found, s.readOwn(all)...)
	found = append(found, s.set(s.definitions["ANSIBLE_HOME"])...)
	s.home, _ = s.values["ANSIBLE_HOME"].Value.(string)
	for _, d := range all {
		if d.name != "ANSIBLE_HOME" {
			found = append(found, s.set(d)...)
		}
	}
	s.fill()
	return s, found
}

// set resolves one definition and stores it.
func (s *Settings) set(d definition) diag.List {
	raw, origin, base := s.lookUp(d)
	if raw == unset {
		s.values[d.name] = Setting{d.name, nil, origin}
		return nil
	}
	v, err := s.convert(d, raw, base)
	if err == nil {
		if err = d.allowed(v); err == nil {
			s.values[d.name] = Setting{d.name, v, origin}
			return nil
		}
	}
	return s.fallBack(d, raw, origin, err)
}

// fallBack stores the default in place of a value that cannot be used. As in Ansible, an empty variable just means the
// default, and a strange truth value is false; everything else is an error.
func (s *Settings) fallBack(d definition, raw string, origin Origin, problem error) diag.List {
	if d.kind == boolean && raw != "" {
		v := d.env != "" && strings.HasSuffix(origin.Text, " NO_COLOR")
		s.values[d.name] = Setting{d.name, v, origin}
		if v {
			return nil
		}
		w := describe(d, origin, problem).WithHint("it counts as no; write yes or no")
		w.Severity = diag.Warning
		return diag.List{w}
	}
	var v any
	if d.initial != unset {
		v, _ = s.convert(d, d.initial, s.cwd)
	}
	s.values[d.name] = Setting{d.name, v, Origin{Text: originDefault}}
	if raw == "" && strings.HasPrefix(origin.Text, "env:") {
		return nil
	}
	return diag.List{describe(d, origin, problem)}
}

func describe(d definition, origin Origin, problem error) *diag.Diagnostic {
	key := d.name
	if origin.Pos.Line == 0 {
		key = strings.TrimPrefix(strings.TrimPrefix(origin.Text, "env: "), "flag: ")
	} else if _, k, ok := strings.Cut(d.ini, "."); ok && !strings.Contains(k, ",") {
		key = k
	}
	return diag.Errorf(origin.Pos, "setting %s: %v", key, problem)
}

// lookUp returns the text of a setting, where it stands, and the folder that relative paths in it count from.
func (s *Settings) lookUp(d definition) (string, Origin, string) {
	raw, origin := unset, Origin{}
	for name := range strings.SplitSeq(d.env, ",") {
		if t, ok := s.env[name]; ok && name != "" {
			raw, origin = t, Origin{Text: "env: " + name}
		}
	}
	if raw != unset {
		return raw, origin, s.cwd
	}
	for name := range strings.SplitSeq(d.ini, ",") {
		section, key, _ := strings.Cut(name, ".")
		if e, ok := s.own.get(section, key); ok {
			return e.text, Origin{Text: s.own.path, Pos: e.pos}, filepath.Dir(s.own.path)
		}
		if e, ok := s.file.get(section, key); ok {
			raw, origin = e.text, Origin{Text: s.file.path, Pos: e.pos}
		}
	}
	if raw != unset {
		return raw, origin, filepath.Dir(s.file.path)
	}
	return d.initial, Origin{Text: originDefault}, s.cwd
}

// Override gives a setting the value of a command line flag, written as in the file. The typed field follows.
func (s *Settings) Override(name, raw, flag string) error {
	d, ok := s.definitions[name]
	if !ok {
		return fmt.Errorf("there is no setting %s", name)
	}
	v, err := s.convert(d, raw, s.cwd)
	if err == nil {
		err = d.allowed(v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	s.mu.Lock()
	s.values[name] = Setting{name, v, Origin{Text: originFlag + flag}}
	s.mu.Unlock()
	s.fill()
	return nil
}

// Lookup returns a setting by Ansible's name (DEFAULT_FORKS), or kind/plugin/option for a plugin's option.
func (s *Settings) Lookup(name string) (Setting, bool) {
	if name == "CONFIG_FILE" {
		var v any
		if s.ConfigFile != "" {
			v = s.ConfigFile
		}
		return Setting{name, v, Origin{}}, true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, ok := s.values[name]
	return x, ok
}

// Get returns the value of a setting as templates see it: nil, bool, int, float64, string or *value.List.
func (s *Settings) Get(name string) (any, bool) {
	x, ok := s.Lookup(name)
	if !ok {
		return nil, false
	}
	return value.From(x.Value), true
}

// All returns every setting, sorted by name, those of plugins last.
func (s *Settings) All() []Setting {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Setting, 0, len(s.values))
	for _, x := range s.values {
		out = append(out, x)
	}
	sort.Slice(out, func(i, j int) bool {
		pi, pj := strings.Contains(out[i].Name, "/"), strings.Contains(out[j].Name, "/")
		if pi != pj {
			return pj
		}
		return out[i].Name < out[j].Name
	})
	return out
}

// fill copies the values into the fields that name them.
func (s *Settings) fill() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	target := reflect.ValueOf(&s.Fields).Elem()
	for i := range target.NumField() {
		name := target.Type().Field(i).Tag.Get("setting")
		v := s.values[name].Value
		if v == nil {
			target.Field(i).SetZero()
			continue
		}
		if n, ok := v.(int); ok && target.Field(i).Type() == reflect.TypeFor[time.Duration]() {
			v = time.Duration(n) * time.Second
		}
		target.Field(i).Set(reflect.ValueOf(v))
	}
}
