package differential

import (
	"encoding/json"
	"fmt"
	"strings"
)

// literal is a value as INI files hold it.
func (g *inventories) literal() string {
	return g.choose(
		[]string{"1", "8080", "x", "eu-west-1", "true", "True", "false", "yes", "/etc/x", "1.5", "'a b'", `"x y"`, "[1,2]", "['a','b']", "{'k':1}", "{{a}}", "'{{ a }}'", "10.0.0.1", "'1'"},
		[]string{"", "01", "0o17", "0x1F", "1e3", "-5", "- 5", "1_000", "None", "null", "no", "a=b", "'a", `"a`, "a'b", `a\tb`, `a\\b`, `'a\tb'`, `"a\"b"`, "#x", "x#y", "x #y",
			"'#x'", ";x", "x;y", "{'a':", "{1,2}", "(1,2)", "(1)", "1+2", "1+2j", "b'x'", "u'x'", "r'\\x'", "'a''b'", `'a'"b"`, "99999999999999999999", "{'a': {'b': [1]}}",
			`{"a": true}`, `{"a": True, 'b': None}`, "[1, 2", "é", `"\u00e9"`, "1,2", "'a','b'", "@x", "$x", "~/x", "`x`", "{{ undefined_thing }}", `"{{ a }}-{{ b }}"`, "{{ a", "{% if a %}x{% endif %}",
			"0", "-0", "+1", "1.", ".5", "1e400", "nan", "inf", "set()", "not 1", "True and False", "'%s'", "'x' 'y'", "[1,[2,[3]]]", "{'a':1,'a':2}", "''", `""`, "' '", "\u00a0", "'''x'''", "1L", "{}", "[]", "()", "!vault", "*x", "|", "a: b"})
}

// ini is an INI inventory.
func (g *inventories) ini() string {
	var b strings.Builder
	end := g.choose([]string{"\n"}, []string{"\r\n", " \n", "\t\n"})
	if g.chance(g.odd * 4) {
		b.WriteString("\ufeff")
	}
	for range g.random.IntN(4) {
		b.WriteString(g.iniHost() + end)
	}
	for range 1 + g.random.IntN(5) {
		g.iniSection(&b, end)
	}
	if !g.chance(g.odd) { // what children and vars speak of must be declared
		for _, name := range g.groups {
			if !strings.ContainsAny(name, " :/") {
				b.WriteString("[" + name + "]" + end)
			}
		}
	}
	return b.String()
}

func (g *inventories) iniSection(b *strings.Builder, end string) {
	name := g.group()
	kind := g.choose([]string{"", "", "", ":vars", ":children"}, []string{":hosts", ":var", ":", ":vars:children", " :vars"})
	level := g.random.IntN(3)
	if kind == ":children" {
		name = g.inner(level)
	}
	b.WriteString(g.choose([]string{"[" + name + kind + "]"}, []string{" [" + name + kind + "]", "[" + name + kind + "] # c", "[" + name + kind + "]#c", "[ " + name + kind + " ]", "[" + name + kind, "[" + name + kind + "];c"}) + end)
	for range g.random.IntN(4) {
		switch {
		case g.chance(g.odd):
			b.WriteString(g.pick("", "# c", "; c", "  # c", "  ", "x", "---", "a: b", "- x", "=x", "a =", "[", "]", "\x00") + end)
		case strings.HasPrefix(kind, ":vars"):
			b.WriteString(g.choose([]string{""}, []string{" ", "\t"}) + g.varName() + g.pick("=", " = ", "= ", " =") + g.literal() + end)
		case strings.HasPrefix(kind, ":children"):
			b.WriteString(g.inner(level+1) + g.choose([]string{""}, []string{" # c", " x", "#c", ":x"}) + end)
		default:
			b.WriteString(g.iniHost() + end)
		}
	}
}

func (g *inventories) iniHost() string {
	line := g.choose([]string{""}, []string{" ", "\t"}) + g.hostPattern(true)
	for range g.random.IntN(3) {
		line += g.choose([]string{" "}, []string{"  ", "\t"}) + g.varName() + g.choose([]string{"="}, []string{" = ", "= ", " ", ":", "=="}) + g.literal()
	}
	return line + g.choose([]string{""}, []string{" # c", " #c", "#c", " ; c"})
}

// scalar is a value as YAML files hold it.
func (g *inventories) scalar() string {
	return g.choose(
		[]string{"1", "8080", "x", "yes", "true", "1.5", "'a b'", `"x\ty"`, "[1, 2]", "{k: 1}", "'{{ a }}'", "10.0.0.1", "'1'", "null", "eu"},
		[]string{"~", "", "no", "on", "Off", "0o17", "017", "0x1f", "1e3", "1_000", "12:30:45", "!unsafe '{{ x }}'", "!!str 1", "!!float 1", ".inf", ".nan", "+1", "-", "- x",
			"é", `"\u00e9"`, "|-\n      a\n      b", ">\n      a\n      b", "99999999999999999999", "1.0", "-0.0", "{1: a, true: b}", "[a, [b, {c: d}]]", "'{{ undefined_thing }}'", "\"{{ a }}-{{ b }}\"", "'{% if a %}x{% endif %}'",
			"!foo x", "[1, 2", "{a: 1", "a: b: c", "@x", "`x", "%x", "&a x", "*a", "0b11", "1,000", "y", "n", "Null", "'it''s'", "\"\\x41\"", "!vault x", "{}", "[]"})
}

// yaml is a YAML inventory.
func (g *inventories) yaml() string {
	var b strings.Builder
	b.WriteString(g.choose([]string{"", "---\n"}, []string{"# c\n", "%YAML 1.1\n---\n", "\ufeff", "{}\n", "[]\n", "x\n", "plugin: x\n", "\t"}))
	for range 1 + g.random.IntN(3) {
		g.yamlGroup(&b, "", 0)
	}
	if g.chance(g.odd * 2) {
		b.WriteString("---\nb: {}\n")
	}
	return b.String()
}

func (g *inventories) yamlGroup(b *strings.Builder, indent string, depth int) {
	name := g.group()
	if depth > 0 || name != "all" && g.chance(2) {
		name = g.inner(depth)
	}
	b.WriteString(indent + g.yamlKey(name) + ":")
	if g.chance(g.odd) {
		b.WriteString(" " + g.scalar() + "\n")
		return
	}
	b.WriteString("\n")
	in := indent + "  "
	for range 1 + g.random.IntN(3) {
		switch g.random.IntN(3) {
		case 0:
			g.yamlHosts(b, in)
		case 1:
			b.WriteString(in + "vars:\n")
			g.yamlVars(b, in+"  ")
		default:
			if depth > 2 || name == "ungrouped" {
				continue
			}
			b.WriteString(in + g.choose([]string{"children"}, []string{"child", "Children", "1", "true", "~"}) + ":")
			if g.chance(g.odd) {
				b.WriteString(" " + g.scalar() + "\n")
				continue
			}
			b.WriteString("\n")
			for range 1 + g.random.IntN(2) {
				g.yamlGroup(b, in+"  ", depth+1)
			}
		}
	}
}

func (g *inventories) yamlKey(name string) string {
	if strings.ContainsAny(name, ":*&!~[]{}#'\"@ ?-") || name == "10" && !g.chance(2) {
		text, _ := json.Marshal(name)
		return string(text)
	}
	return name
}

func (g *inventories) yamlHosts(b *strings.Builder, in string) {
	b.WriteString(in + g.choose([]string{"hosts"}, []string{"host", "hosts "}) + ":")
	if g.chance(g.odd) {
		b.WriteString(" " + g.scalar() + "\n")
		return
	}
	b.WriteString("\n")
	for range 1 + g.random.IntN(3) {
		b.WriteString(in + "  " + g.yamlKey(g.hostPattern(true)) + ":")
		switch {
		case g.chance(2):
			b.WriteString("\n")
		case g.chance(g.odd):
			b.WriteString(" " + g.scalar() + "\n")
		default:
			b.WriteString("\n")
			g.yamlVars(b, in+"    ")
		}
	}
}

func (g *inventories) yamlVars(b *strings.Builder, in string) {
	for range 1 + g.random.IntN(3) {
		name := strings.TrimSpace(g.varName())
		if name == "" {
			name = g.pick("''", "1", "true", "null", "1.5")
		}
		fmt.Fprintf(b, "%s%s: %s\n", in, name, g.scalar())
	}
}

// script prints JSON, in one of the ways in which inventory scripts answer.
func (g *inventories) script() string {
	groups := map[string]any{}
	for range 1 + g.random.IntN(3) {
		name := g.pick(g.group(), g.inner(0))
		groups[name] = g.scriptGroup(name)
	}
	withMeta := !g.chance(3)
	if withMeta {
		vars := map[string]any{}
		for range 1 + g.random.IntN(2) {
			vars[g.names[g.random.IntN(len(g.names))]] = g.jsonVars()
		}
		groups["_meta"] = map[string]any{"hostvars": vars}
		if g.chance(g.odd) {
			groups["_meta"] = map[string]any{}
		}
	}
	text, _ := json.Marshal(groups)
	answer := string(text)
	if g.chance(g.odd) {
		answer = g.pick("", "x", "[]", "{}", "{", "null", `{"a": 1}`, `{"": {}}`, "{\"a\": {\"hosts\": {\"x\": {}}}}", "'{}'", answer+"\n"+answer)
	}
	host := g.choose([]string{`{"a": 1, "from": "host"}`, "{}"}, []string{"x", "[]", `{"ansible_port": 22}`, "null"})
	end := g.choose([]string{""}, []string{"exit 1\n", "echo oops >&2; exit 3\n", "echo oops >&2\n"})
	return "#!/bin/sh\nif [ \"$1\" = --list ]; then cat <<'END'\n" + answer + "\nEND\nelse cat <<'END'\n" + host + "\nEND\nfi\n" + end
}

func (g *inventories) scriptGroup(name string) any {
	hosts := []any{}
	for range 1 + g.random.IntN(3) {
		hosts = append(hosts, g.hostPattern(false))
	}
	switch {
	case g.chance(g.odd):
		return []any{nil, "x", 1, []any{1}, []any{nil}, map[string]any{"hosts": "x"}, map[string]any{"hosts": nil}, map[string]any{"children": "web"}, map[string]any{"vars": []any{}},
			map[string]any{"hosts": []any{}, "children": []any{"db", "new"}, "vars": map[string]any{}}, map[string]any{}, true}[g.random.IntN(12)]
	case g.chance(4):
		return hosts
	}
	group := map[string]any{"hosts": hosts}
	if g.chance(2) {
		group["vars"] = g.jsonVars()
	}
	if name != "ungrouped" && g.chance(3) {
		group["children"] = []any{g.inner(1)}
	}
	return group
}

func (g *inventories) jsonVars() map[string]any {
	vars := map[string]any{}
	for range g.random.IntN(3) {
		vars[g.varName()] = []any{1, "x", "{{ a }}", true, nil, 1.5, []any{1, "b"}, map[string]any{"k": "v"}, "01", "é", map[string]any{"__ansible_unsafe": "{{ x }}"}, 1e21, "x\ny"}[g.random.IntN(13)]
	}
	return vars
}

// constructed is a file for the plugin constructed.
func (g *inventories) constructed() string {
	var b strings.Builder
	b.WriteString("plugin: " + g.choose([]string{"constructed", "ansible.builtin.constructed"}, []string{"construct", "''", "host_list"}) + "\n")
	if g.chance(2) {
		b.WriteString("strict: " + g.pick("false", "true") + "\n")
	}
	if g.chance(3) {
		b.WriteString("use_vars_plugins: true\n")
	}
	if g.chance(4) {
		b.WriteString("leading_separator: false\n")
	}
	b.WriteString("compose:\n  made: " + g.pick("a | default('none')", "inventory_hostname | upper", "(port | default(1)) + 1", "group_names", "'%s' % a", "nope", "a ~ b", "ansible_host | default(inventory_hostname)") + "\n")
	b.WriteString("groups:\n  made_" + g.pick("x", "y-z") + ": " + g.pick("a is defined", "inventory_hostname.startswith('web')", "'web' in group_names", "nope", "true", "port | default(0) | int > 1000") + "\n")
	b.WriteString("keyed_groups:\n  - key: " + g.pick("a | default('')", "group_names", "conf | default({})", "user", "{'k': 'v', 'e': ''}", "['x', '']", "1", "made") + "\n")
	if g.chance(2) {
		b.WriteString("    prefix: " + g.pick("p", "''", "a-b") + "\n")
	}
	if g.chance(3) {
		b.WriteString("    separator: " + g.pick("''", "'-'", "_x_") + "\n")
	}
	if g.chance(4) {
		b.WriteString("    parent_group: " + g.pick("above", "\"{{ a | default('') | string }}\"", "all") + "\n")
	}
	if g.chance(4) {
		b.WriteString("    " + g.pick("default_value: dv", "trailing_separator: false") + "\n")
	}
	return b.String()
}
