package lint

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// variables gathers the names of variables in a tree: those that something defines, those that may well be missing, and
// the places that read them. A name that is read and that nothing in the whole tree mentions otherwise is a mistake; in
// doubt, and there is much room for doubt, nothing is said. A nil one gathers nothing.
type variables struct {
	defined  map[string]bool
	optional map[string]bool // asked after, defaulted, or written of in the documentation
	made     []*regexp.Regexp
	reads    []reading
	blind    bool // something that may define variables cannot be read
}

type reading struct {
	name string
	pos  diag.Pos
}

func newVariables() *variables {
	return &variables{defined: map[string]bool{}, optional: map[string]bool{}}
}

// given are names that every run has, beside those that start with ansible_.
var given = []string{
	"hostvars", "groups", "group_names", "inventory_hostname", "inventory_hostname_short", "inventory_dir", "inventory_file",
	"play_hosts", "playbook_dir", "role_name", "role_names", "role_path", "environment", "vars", "omit", "item", "loop", "self", "super",
	"caller", "varargs", "kwargs", "true", "false", "none", "True", "False", "None", "lookup", "query", "q", "range", "dict", "namespace",
	"cycler", "joiner", "now", "undef", "lipsum", "template_host", "template_path", "template_uid", "template_run_date", "template_fullpath",
	"template_destpath", "template_mtime", "discovered_interpreter_python", "module_setup", "services", "packages", "stderr", "stdout", "rc",
	"changed_when", "failed", "changed",
}

// givenPrefixes start the names of facts.
var givenPrefixes = []string{"ansible_", "getent_", "facter_", "ohai_"}

// define notes that a name gets a value; a name that is a template makes names of its form.
func (v *variables) define(name any) {
	if v == nil {
		return
	}
	if t, computed := name.(value.Template); computed {
		name = t.Src
	}
	text, ok := name.(string)
	switch {
	case !ok:
	case strings.Contains(text, "{{"):
		v.made = append(v.made, pattern(text))
	default:
		v.defined[text] = true
	}
}

// defineAll notes the keys of a mapping.
func (v *variables) defineAll(d *value.Dict) {
	if d == nil || v == nil {
		return
	}
	for k := range d.All() {
		v.define(value.KeyText(k))
	}
}

var (
	asked    = regexp.MustCompile(`\b([A-Za-z_]\w*)(?:\.\w+|\[[^\]]*\])*\s+is\s+(?:not\s+)?(?:defined|undefined)\b`)
	fallback = regexp.MustCompile(`\b([A-Za-z_]\w*)(?:\.\w+|\[[^\]]*\])*\s*\|\s*(?:ansible\.builtin\.)?(?:d|default)\b`)
	byText   = regexp.MustCompile(`['"]([A-Za-z_]\w*)['"]`) // vars['name'], lookup('vars', 'name'), 'name' in hostvars[…]
	locals   = regexp.MustCompile(`\{%[-+]?\s*(?:set|for|macro|import|from|call|with|filter|block)\b(.*?)[-+]?%\}`)
	word     = regexp.MustCompile(`[A-Za-z_]\w*`)
	keyOfMap = regexp.MustCompile(`(?m)^[\s#-]*["']?([A-Za-z_]\w*)["']?\s*:`) // in comments too, where files show what can be set
	anyKey   = regexp.MustCompile(`([A-Za-z_]\w*)\s*[=:]`)
)

// read notes the names that a template or an expression reads.
func (w *walk) read(src string, pos diag.Pos) {
	v := w.variables
	if v == nil {
		return
	}
	for _, re := range []*regexp.Regexp{asked, fallback, byText} {
		for _, m := range re.FindAllStringSubmatch(src, -1) {
			v.optional[m[1]] = true
		}
	}
	for _, m := range locals.FindAllStringSubmatch(src, -1) {
		for _, name := range word.FindAllString(m[1], -1) {
			if strings.HasPrefix(strings.TrimSpace(m[0][2:]), "for") && !beforeIn(m[1], name) {
				continue
			}
			v.optional[name] = true
		}
	}
	if isTemplateFile(pos.File) && (!jinja.HasMarkers(src) || !slices.Contains(strings.Split(filepath.ToSlash(pos.File), "/"), "templates")) {
		return // plain text, or, as like as not, for another program than Ansible
	}
	for _, name := range w.o.Engine.Names(src) {
		v.reads = append(v.reads, reading{name, pos})
	}
}

// beforeIn says whether a name stands before the `in` of a for.
func beforeIn(head, name string) bool {
	targets, _, ok := strings.Cut(head, " in ")
	return ok && slices.Contains(word.FindAllString(targets, -1), name)
}

// task notes the variables that a task makes.
func (v *variables) task(t *playbook.Task) {
	if v == nil {
		return
	}
	v.defineAll(t.Vars)
	if name := t.Get("register"); name != nil {
		v.define(name)
	}
	if l := t.Loop; l != nil {
		v.define(l.Var)
		v.define(l.IndexVar)
	}
	switch playbook.ShortName(t.Action) {
	case "set_fact", "add_host", "include", "include_tasks", "import_tasks":
		v.defineAll(t.Args)
		v.blind = v.blind || t.ArgsExpr != nil
	case "include_vars":
		if name, ok := t.Args.Get("name"); ok {
			v.define(name)
		}
	case "set_stats":
		if data, ok := t.Args.Get("data"); ok {
			if d, isDict := data.(*value.Dict); isDict {
				v.defineAll(d)
			}
		}
	default: // what a module that is not known says of a host
		v.blind = v.blind || strings.HasSuffix(t.Action, "_facts") && !slices.Contains([]string{"package_facts", "service_facts", "gather_facts"}, playbook.ShortName(t.Action))
	}
}

// file takes names from a file that is no playbook and no tasks: all keys of YAML, whatever stands before an equals sign
// in an inventory, every word of documentation.
func (v *variables) file(path string) {
	base, ext := filepath.Base(path), filepath.Ext(path)
	re, into := keyOfMap, v.defined
	switch {
	case ext == ".yml" || ext == ".yaml" || ext == ".json":
	case ext == ".md" || ext == ".rst" || ext == ".txt":
		re, into = word, v.optional
	case ext == "" || ext == ".ini" || ext == ".cfg" || ext == ".toml" || ext == ".sh" || ext == ".env" || base == "Vagrantfile" || base == "Makefile":
		re, into = anyKey, v.optional
	default:
		return
	}
	src, err := os.ReadFile(path)
	if err != nil || len(src) > 1<<20 || strings.IndexByte(string(src), 0) >= 0 {
		return
	}
	if strings.HasPrefix(string(src), "$ANSIBLE_VAULT") {
		v.blind = true
		return
	}
	for _, m := range re.FindAllStringSubmatch(string(src), -1) {
		into[m[len(m)-1]] = true
	}
}

// known says whether a name is given, defined or may be missing on purpose.
func (v *variables) known(name string) bool {
	return v.defined[name] || v.optional[name] || slices.Contains(given, name) ||
		slices.ContainsFunc(givenPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) ||
		slices.ContainsFunc(v.made, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}

// report tells about names that nothing defines.
func (v *variables) report(c *checker) {
	if v.blind {
		return
	}
	names := slices.Sorted(maps.Keys(v.defined))
	for _, r := range v.reads {
		if v.known(r.name) || !c.within(r.pos.File) {
			continue
		}
		hint := "define it, give it a default, or pass it with --extra-vars; a line of documentation that names it silences this"
		if near := diag.Typo(r.name, names); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.warnf(RuleVariable, r.pos, hint, "nothing in this tree defines the variable '%s'", r.name)
	}
}
