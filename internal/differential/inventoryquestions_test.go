package differential

import (
	"fmt"
	"path"
	"strings"
)

// varsFiles adds group_vars and host_vars beside a source or a playbook, in the forms that they may have.
func (g *inventories) varsFiles(c *inventoryCase, base string) {
	for range g.random.IntN(4) {
		folder, name := "group_vars", g.groups[g.random.IntN(len(g.groups))]
		if g.chance(2) {
			folder, name = "host_vars", g.names[g.random.IntN(len(g.names))]
		}
		if strings.ContainsAny(name, "/\x00") {
			continue
		}
		at := path.Join(base, folder, name)
		f := inventoryFile{sealed: g.chance(8)}
		switch g.random.IntN(8) {
		case 0:
			f.name = at
		case 1, 2, 3:
			f.name = at + g.choose([]string{".yml", ".yaml"}, []string{".txt", ".yml~", ".ini"})
		case 4:
			f.name, f.text = at+".json", `{"a": "json", "list": [1], "conf": {"j": 1}}`
		default:
			f.name = path.Join(at, g.choose([]string{"main.yml", "b.yaml", "a", "sub/x.yml"}, []string{".hidden.yml", "x.yml~", "x.txt", "sub.d/x.yml", "a.b.yml", "x.json"}))
		}
		if f.text == "" {
			f.text = g.varsText()
		}
		if free(c, f.name) {
			c.files = append(c.files, f)
		}
	}
}

func (g *inventories) varsText() string {
	var b strings.Builder
	b.WriteString(g.choose([]string{"", "---\n"}, []string{"# only\n", "[]\n", "- x\n", "text\n", "a: 1\na: 2\n", "{\"a\": 1}\n"}))
	g.yamlVars(&b, "")
	if g.chance(3) {
		fmt.Fprintf(&b, "conf: {%s: %d}\n", g.pick("k", "l", "m"), g.random.IntN(9))
	}
	return b.String()
}

// free tells whether a file can stand there beside the others.
func free(c *inventoryCase, name string) bool {
	for _, f := range c.files {
		if path.Clean(f.name) == path.Clean(name) || strings.HasPrefix(f.name, name+"/") || strings.HasPrefix(name, f.name+"/") {
			return false
		}
	}
	return true
}

func (g *inventories) questions(c *inventoryCase) {
	show := func(flags map[string]any) {
		c.Questions = append(c.Questions, inventoryQuestion{Kind: "show", Flags: flags})
	}
	show(map[string]any{"list": true})
	show(map[string]any{"list": true, "export": true})
	show(map[string]any{"list": true, "yaml": true})
	show(map[string]any{"list": true, "yaml": true, "export": true})
	show(map[string]any{"graph": true})
	show(map[string]any{"graph": true, "show_vars": true})
	c.Questions = append(c.Questions, inventoryQuestion{Kind: "show", Flags: map[string]any{"graph": true}, Group: g.groups[g.random.IntN(len(g.groups))]})
	for range 2 {
		show(map[string]any{"host": g.names[g.random.IntN(len(g.names))]})
	}
	for range 8 {
		q := inventoryQuestion{Kind: "hosts", Pattern: g.pattern()}
		if g.chance(3) {
			q.Limit = g.pattern()
		}
		c.Questions = append(c.Questions, q, inventoryQuestion{Kind: "split", Pattern: q.Pattern})
	}
}

// pattern is what hosts: of a play or --limit may be.
func (g *inventories) pattern() string {
	var parts []string
	for range 1 + g.random.IntN(3) {
		parts = append(parts, g.pick("", "", "", "!", "&")+g.term())
	}
	return strings.Join(parts, g.choose([]string{":", ",", ":"}, []string{", ", " ", "::", ",,", " , "}))
}

func (g *inventories) term() string {
	name := g.pick(g.pick(g.names...), g.pick(g.groups...), g.pick("w*", "*", "db?", "*.example.com", "web[12]", "node*", "we[!b]*", "localhost"))
	switch {
	case g.chance(5):
		name += g.choose([]string{"[0]", "[1:3]", "[-1]", "[1:]", "[0:0]"}, []string{"[9]", "[1-2]", "[-2:-1]", "[:2]", "[x]", "[2:1]", "[]", "[0", "[0][0]", "[-9]", "[1:-1]", "[ 0 ]", "[1:0]"})
	case g.chance(6):
		name = g.choose([]string{"~web.*", "~(web|db)\\d", "~.*\\.com$", "~w"}, []string{"~", "~[", "~^1", "~(?i)WEB", "~web(?!1)", "~a|b", "~.*[0]"})
	}
	return name
}
