package executor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// foreignModule is a module that lies in the user's tree.
type foreignModule struct {
	name, file string
	style      foreignStyle
	shebang    string // interpreter with its options; "" runs the file itself
	knowsCheck bool
}

// foreignStyle is how a module takes its arguments.
type foreignStyle int

const (
	stylePairs    foreignStyle = iota // a file of key=value words
	styleJSON                         // a file of JSON: the module says WANT_JSON, or is no text
	styleEmbedded                     // JSON in the place of a marker in the module itself
	stylePython
	stylePowerShell
)

// Markers by which modules say how they want their arguments.
const (
	wantJSON     = "WANT_JSON"
	embeddedJSON = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>"
)

// foreign finds a module in the folders library of the playbook, of the roles around the task and of the settings, or in a
// collection; "" when there is none.
func (s *scope) foreign(name string) string {
	short := playbook.ShortName(name)
	if parts := strings.Split(name, "."); len(parts) >= 3 && short == name {
		return s.x.o.Loader.CollectionFile(parts[0]+"."+parts[1], filepath.Join("plugins", "modules"), strings.Join(parts[2:], "/"), s.dir())
	}
	for _, dir := range append(s.pluginDirs("library", ""), append(s.x.o.ModulePath, s.settingDirs("DEFAULT_MODULE_PATH")...)...) {
		if file := pluginFile(dir, short); file != "" {
			return file
		}
	}
	for _, collection := range s.collections() {
		if file := s.x.o.Loader.CollectionFile(collection, filepath.Join("plugins", "modules"), short, s.dir()); file != "" {
			return file
		}
	}
	return ""
}

// collections are those that the keyword collections names for the task.
func (s *scope) collections() []string {
	a, ok := s.block.Inherit("collections")
	if !ok {
		return nil
	}
	l, ok := a.Value.(*value.List)
	if !ok {
		return nil
	}
	var names []string
	for _, item := range l.Items {
		names = append(names, value.Str(item))
	}
	return names
}

// pluginDirs are the folders of a kind of plugin: of the roles around the task, the playbook and the settings.
func (s *scope) pluginDirs(sub, setting string) []string {
	var dirs []string
	for _, base := range s.searchPath() {
		dirs = append(dirs, filepath.Join(base, sub))
	}
	return append(dirs, s.settingDirs(setting)...)
}

// settingDirs are the folders that a setting lists.
func (s *scope) settingDirs(setting string) []string {
	x, ok := s.x.o.Settings.Lookup(setting)
	if !ok {
		return nil
	}
	dirs, _ := x.Value.([]string)
	return dirs
}

// pluginFile is the file of a plugin in a folder, whatever its ending; "" when there is none.
func pluginFile(dir, name string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		base := e.Name()
		stem := strings.TrimSuffix(base, filepath.Ext(base))
		if e.IsDir() || stem != name && base != name || slices.Contains([]string{".pyc", ".pyo", ".md", ".txt", ".rst", ".json", ".yml", ".yaml", ".ini"}, filepath.Ext(base)) {
			continue
		}
		return filepath.Join(dir, base)
	}
	return ""
}

// readForeign looks at a module's file.
func readForeign(name, file string) (*foreignModule, []byte, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	m := &foreignModule{name: name, file: file, knowsCheck: bytes.Contains(src, []byte("check_mode"))}
	isText := utf8.Valid(src) && !bytes.ContainsRune(src, 0)
	if isText {
		m.shebang = shebang(src)
	}
	ext := filepath.Ext(file)
	switch {
	case ext == ".py" || strings.Contains(m.shebang, "python"):
		m.style = stylePython
	case ext == ".ps1" || strings.Contains(m.shebang, "pwsh") || strings.Contains(m.shebang, "powershell"):
		m.style = stylePowerShell
	case !isText || bytes.Contains(src, []byte(wantJSON)):
		m.style = styleJSON
	case bytes.Contains(src, []byte(embeddedJSON)):
		m.style = styleEmbedded
	}
	return m, src, nil
}

// shebang is what the first line of a script names, "" without one.
func shebang(src []byte) string {
	first, _, _ := bytes.Cut(src, []byte("\n"))
	rest, ok := strings.CutPrefix(string(first), "#!")
	if !ok {
		return ""
	}
	return strings.TrimSpace(rest)
}

// foreignAction makes an action of a module in the user's tree. The result says why one cannot be run.
func (t *taskRun) foreignAction(s *scope, name string) (*action, *itemResult) {
	file := s.foreign(name)
	if file == "" {
		return nil, t.unknownAction(s, name)
	}
	m, src, err := readForeign(name, file)
	if err != nil {
		return nil, t.broken(err)
	}
	switch m.style {
	case stylePython:
		return nil, t.hopeless(brokenResult(fmt.Sprintf("the module '%s' is written in Python (%s), which muster cannot run", name, file) + t.place()))
	case stylePowerShell:
		return nil, t.hopeless(brokenResult(fmt.Sprintf("the module '%s' is written in PowerShell (%s), which muster cannot run", name, file) + t.place()))
	}
	return &action{freeForm: true, prepare: func(_ context.Context, c *call) (*prepared, *itemResult) { return m.prepare(c, src) }}, nil
}

// prepare sends the module with its arguments.
func (m *foreignModule) prepare(c *call, src []byte) (*prepared, *itemResult) {
	if c.check && !m.knowsCheck {
		return nil, newResult("skipped", true, "changed", false, "msg", fmt.Sprintf("remote module (%s) does not support check mode", m.name))
	}
	given := m.arguments(c)
	text, err := m.argumentFile(given)
	if err != nil {
		return nil, c.t.broken(err)
	}
	if m.style == styleEmbedded {
		src, text = bytes.ReplaceAll(src, []byte(embeddedJSON), []byte(text)), ""
	}
	k, d := bytesContent(src)
	args := value.DictOf("name", filepath.Base(m.file), "arguments", text, "_content", d.ref(), "interpreter", m.interpreter(c))
	return &prepared{module: "_foreign", args: args, content: []content{k}, knowsCheck: true}, nil
}

// interpreter is the first line's, unless the host has another: ansible_NAME_interpreter.
func (m *foreignModule) interpreter(c *call) string {
	words := strings.Fields(m.shebang)
	if len(words) == 0 {
		return ""
	}
	base := filepath.Base(words[0])
	if base == "env" && len(words) > 1 {
		base = words[1]
	}
	if own, err := c.connVars().text("", "ansible_"+base+"_interpreter"); err == nil && own != "" {
		return own
	}
	return m.shebang
}

// arguments are the task's, with what Ansible tells every module.
func (m *foreignModule) arguments(c *call) map[string]any {
	given, _ := value.ToGo(c.args).(map[string]any)
	for k, v := range map[string]any{
		"check_mode": c.check, "diff": c.diff, "no_log": c.t.noLog, "verbosity": c.t.x.o.Verbosity, "debug": false,
		"module_name": m.name, "version": AnsibleVersion, "keep_remote_files": false, "shell_executable": "/bin/sh",
		"syslog_facility": "LOG_USER", "socket": nil, "tmpdir": "/tmp", "remote_tmp": "~/.ansible/tmp",
		"string_conversion_action": "warn", "selinux_special_fs": []string{"fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"},
	} {
		given["_ansible_"+k] = v
	}
	return given
}

// argumentFile is the text of the file with the arguments.
func (m *foreignModule) argumentFile(args map[string]any) (string, error) {
	if m.style != stylePairs {
		text, err := json.Marshal(args)
		return string(text), err
	}
	names := make([]string, 0, len(args))
	for name := range args {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s=%s ", name, shlex.Quote(value.Str(value.From(args[name]))))
	}
	return b.String(), nil
}
