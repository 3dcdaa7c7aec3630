package inventory

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Load reads the sources in order into one inventory: files, folders, scripts and lists of hosts ("web1,web2" with at
// least one comma). The inventory is never nil. As in Ansible, a source that cannot be read is a warning and its
// readable part stays, unless the options make it an error.
func Load(ctx context.Context, sources []string, o Options) (*Inventory, diag.List) {
	o = o.withDefaults()
	l := &loader{ctx: ctx, v: newInventory(o)}
	if err := l.compileIgnored(); err != nil {
		l.found.Add(diag.Errorf(diag.Pos{}, "the patterns of ignored inventory files: %v", err))
	}
	l.v.given = slices.Clone(sources)
	parsed := false
	for _, s := range sources {
		if s == "" {
			continue
		}
		if isFile := !strings.Contains(s, ",") || exists(absolute(o.Dir, s)); isFile {
			s = absolute(o.Dir, s)
			l.v.addSource(s)
		}
		if l.source(s) {
			parsed = true
		}
	}
	l.finish(parsed)
	return l.v, l.found
}

// addSource remembers a source and the folder that its files of variables stand in.
func (v *Inventory) addSource(path string) {
	v.sources = append(v.sources, path)
	base := filepath.Dir(path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		base = path
	}
	v.bases = append(slices.DeleteFunc(v.bases, func(b string) bool { return b == base }), base)
}

type loader struct {
	ctx     context.Context
	v       *Inventory
	ignored *regexp.Regexp
	found   diag.List
}

// errDeclined says that a reader does not know this kind of source.
var errDeclined = errors.New("not this kind of source")

func absolute(dir, path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (l *loader) compileIgnored() error {
	parts := []string{`^\.`, `^host_vars$`, `^group_vars$`, `^vars_plugins$`}
	parts = append(parts, l.v.options.IgnorePatterns...)
	for _, ext := range l.v.options.IgnoreExtensions {
		parts = append(parts, regexp.QuoteMeta(ext)+"$")
	}
	re, err := regexp.Compile(strings.Join(parts, "|"))
	if err != nil {
		re = regexp.MustCompile(`^\.`)
	}
	l.ignored = re
	return err
}

// source reads one source, or all those of a folder, and reports whether something could be read.
func (l *loader) source(s string) bool {
	info, err := os.Stat(s)
	if err != nil || !info.IsDir() {
		return l.single(s)
	}
	entries, err := os.ReadDir(s)
	if err != nil {
		l.found.Add(warning(diag.Pos{File: s}, "the inventory folder cannot be read: %v", err))
		return false
	}
	parsed := false
	for _, e := range entries { // sorted by name
		if l.ignored.MatchString(e.Name()) {
			continue
		}
		if l.source(filepath.Join(s, e.Name())) {
			parsed = true
		}
	}
	if !parsed {
		l.unparsed(s, nil)
	}
	return parsed
}

// single lets each enabled reader try the source until one succeeds.
func (l *loader) single(s string) bool {
	l.v.loading = l.sourceVars(s)
	defer func() { l.v.loading = nil }()
	failures := map[string]*diag.Diagnostic{}
	for _, name := range l.v.options.Enabled {
		read, known := l.reader(name)
		if !known {
			l.warnOnce("inventory plugin " + name + " is unknown and skipped")
			continue
		}
		err := read(s)
		if err == nil {
			return true
		}
		if !errors.Is(err, errDeclined) {
			name = strings.TrimPrefix(name, "ansible.builtin.")
			failures[name] = l.failure(s, name, err)
		}
	}
	if l.ctx.Err() != nil {
		l.found.Add(diag.Errorf(diag.Pos{File: s}, "reading the inventory was interrupted"))
		return false
	}
	l.unparsed(s, failures)
	return false
}

// reader returns the function that reads one kind of source. It returns errDeclined for others.
func (l *loader) reader(name string) (func(string) error, bool) {
	switch strings.TrimPrefix(name, "ansible.builtin.") {
	case "host_list":
		return l.readHostList, true
	case "advanced_host_list":
		return l.readAdvancedHostList, true
	case "script":
		return l.readScript, true
	case "auto":
		return l.readPlugin, true
	case "constructed":
		return l.readConstructed, true
	case "generator":
		return l.readGenerator, true
	case "yaml":
		return l.readYAML, true
	case "ini":
		return l.readINI, true
	case "toml":
		return l.readTOML, true
	}
	return nil, false
}

// failure makes the diagnostic of one reader, with the place if the error has one.
func (l *loader) failure(source, reader string, err error) *diag.Diagnostic {
	var d *diag.Diagnostic
	if !errors.As(err, &d) {
		d = diag.Errorf(diag.Pos{File: source}, "%v", err)
	}
	c := *d
	c.Severity = diag.Warning
	c.Summary = "this is no readable " + reader + " inventory: " + c.Summary
	if c.Pos.File == "" {
		c.Pos.File = source
	}
	return &c
}

// unparsed tells that nobody could read the source. The default source may be missing.
func (l *loader) unparsed(s string, failures map[string]*diag.Diagnostic) {
	if s == "/etc/ansible/hosts" && !exists(s) {
		return
	}
	if d := likeliest(s, failures); d != nil {
		l.found.Add(d)
	}
	d := warning(diag.Pos{}, "Unable to parse %s as an inventory source", s)
	switch {
	case !exists(s):
		d.Hint = "the file does not exist; a list of hosts needs a comma, as in \"host1,\""
	case isFolder(s):
		d.Hint = "no file of this folder can be read as an inventory"
	case len(failures) == 0:
		d.Hint = "no enabled inventory plugin reads files of this kind"
	}
	if l.v.options.AnyUnparsedIsFailed {
		d.Severity = diag.Error
		d.Summary = "Completely failed to parse inventory source " + s
	}
	l.found.Add(d)
}

// likeliest picks the failure of the reader that the file is meant for, judging by its name and first lines.
func likeliest(s string, failures map[string]*diag.Diagnostic) *diag.Diagnostic {
	order := []string{"ini", "yaml"}
	switch ext := filepath.Ext(s); {
	case failures["script"] != nil:
		order = []string{"script"}
	case ext == ".toml":
		order = []string{"toml"}
	case ext == ".yml" || ext == ".yaml" || ext == ".json" || looksLikeYAML(s):
		order = []string{"yaml", "auto"}
	}
	for _, name := range append(order, "auto", "yaml", "ini", "constructed", "generator", "host_list") {
		if d := failures[name]; d != nil {
			if name == "yaml" && failures["auto"] != nil {
				return failures["auto"]
			}
			return d
		}
	}
	return nil
}

// looksLikeYAML looks at the first line that says something.
func looksLikeYAML(path string) bool {
	src, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	for line := range strings.SplitSeq(string(src), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		return line == "---" || line[0] == '{' || strings.HasSuffix(line, ":")
	}
	return false
}

// sourceVars are inventory_file and inventory_dir of the hosts that a source names first.
func (l *loader) sourceVars(s string) *value.Dict {
	var dir any
	if info, err := os.Stat(s); err == nil {
		dir = filepath.Dir(s)
		if info.IsDir() {
			dir = s
		}
	}
	return value.DictOf("inventory_file", s, "inventory_dir", dir)
}

func (l *loader) warnOnce(text string) {
	if !slices.ContainsFunc(l.found, func(d *diag.Diagnostic) bool { return d.Summary == text }) {
		l.found.Add(warning(diag.Pos{}, "%s", text))
	}
}

// finish puts the graph in order and tells what the user should know about the whole.
func (l *loader) finish(parsed bool) {
	o := &l.v.options
	if !parsed {
		switch {
		case o.UnparsedIsFailed:
			l.found.Add(diag.Errorf(diag.Pos{}, "No inventory was parsed, please check your configuration and options."))
		case !o.NoUnparsedWarning:
			l.found.Add(warning(diag.Pos{}, "No inventory was parsed, only implicit localhost is available"))
		}
	}
	if parsed {
		if err := l.v.reconcile(); err != nil {
			l.found.Add(diag.Errorf(diag.Pos{}, "the inventory's groups: %v", err))
		}
	}
	l.v.forget()
	l.warnNames()
	l.found = append(l.found, l.v.checkGroupFiles()...)
}

func (l *loader) warnNames() {
	for _, h := range l.v.hostOrder {
		if isLocal(h.Name) && h != l.v.localhost {
			l.found.Add(warning(diag.Pos{}, "A duplicate localhost-like entry was found (%s). First found localhost was %s", h.Name, l.v.localhost.Name))
		}
	}
	for _, g := range l.v.groupOrder {
		if l.v.hosts[g.Name] != nil {
			l.found.Add(warning(diag.Pos{}, "Found both group and host with same name: %s", g.Name))
		}
	}
	mode := l.v.options.TransformGroupNames
	if mode == "ignore" || mode == "silently" {
		return
	}
	names, verb := l.v.renamed, "and automatically replaced"
	if mode != "always" {
		verb = "but not replaced"
		for _, g := range l.v.groupOrder {
			if badCharacters(g.Name) != "" {
				names = append(names, g.Name)
			}
		}
	}
	if len(names) > 0 {
		l.found.Add(warning(diag.Pos{}, "Invalid characters were found in group names %s: %s", verb, strings.Join(names, ", ")).
			WithHint("use letters, digits and underscores"))
	}
}
