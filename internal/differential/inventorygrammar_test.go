package differential

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// inventoryCase is a folder with sources of an inventory, and what is asked about it.
type inventoryCase struct {
	Dir       string              `json:"dir"`
	Sources   []string            `json:"sources"`
	Basedir   string              `json:"basedir,omitempty"`
	Password  string              `json:"password,omitempty"`
	Settings  map[string]any      `json:"settings,omitempty"`
	Questions []inventoryQuestion `json:"questions"`

	files []inventoryFile
}

type inventoryFile struct {
	name, text string
	executable bool
	sealed     bool // written as a vault
}

// inventoryQuestion is an output of ansible-inventory, or the hosts of a pattern.
type inventoryQuestion struct {
	Kind    string         `json:"kind"` // show, hosts or split
	Flags   map[string]any `json:"flags,omitempty"`
	Group   string         `json:"group,omitempty"`
	Pattern string         `json:"pattern,omitempty"`
	Limit   string         `json:"limit,omitempty"`
}

func (q inventoryQuestion) String() string {
	if q.Kind == "show" {
		return fmt.Sprintf("ansible-inventory %v %s", q.Flags, q.Group)
	}
	return fmt.Sprintf("%s %q, limit %q", q.Kind, q.Pattern, q.Limit)
}

// inventories makes inventories at random: mostly such as people write, with oddities mixed in.
type inventories struct {
	random *rand.Rand
	names  []string // hosts that were named so far
	groups []string
	odd    int // one in so many choices is odd; fewer oddities leave more that can be read
}

func newInventories(seed uint64) *inventories {
	return &inventories{random: rand.New(rand.NewPCG(seed, 11))}
}

func (g *inventories) pick(list ...string) string { return list[g.random.IntN(len(list))] }
func (g *inventories) chance(n int) bool          { return g.random.IntN(n) == 0 }

// choose picks from the usual, and now and then from the odd.
func (g *inventories) choose(usual, odd []string) string {
	if g.chance(g.odd) {
		return g.pick(odd...)
	}
	return g.pick(usual...)
}

func (g *inventories) next() *inventoryCase {
	g.names, g.groups = []string{"web1"}, []string{"all", "ungrouped", "web", "db"}
	g.odd = []int{4, 12, 40, 1000}[g.random.IntN(4)]
	c := &inventoryCase{Settings: map[string]any{}}
	for range 1 + g.random.IntN(3) {
		g.source(c)
	}
	g.varsFiles(c, g.pick("", "", "inv", "."))
	if g.chance(2) {
		c.Basedir = "play"
		g.varsFiles(c, "play")
	}
	if slices.ContainsFunc(c.files, func(f inventoryFile) bool { return f.sealed }) && !g.chance(6) {
		c.Password = "secret"
	}
	if g.chance(8) {
		c.Settings["DEFAULT_HASH_BEHAVIOUR"] = "merge"
	}
	if g.chance(6) {
		c.Settings["TRANSFORM_INVALID_GROUP_CHARS"] = g.pick("always", "silently", "ignore")
	}
	if g.chance(12) {
		c.Settings["VARIABLE_PRECEDENCE"] = []string{"all_plugins_play", "groups_plugins_play", "all_inventory", "groups_inventory", "all_plugins_inventory", "groups_plugins_inventory"}
	}
	g.questions(c)
	return c
}

func (g *inventories) source(c *inventoryCase) {
	n := len(c.files)
	switch g.random.IntN(10) {
	case 0:
		c.Sources = append(c.Sources, g.list())
	case 1, 2, 3:
		c.add(inventoryFile{name: fmt.Sprintf("hosts%d%s", n, g.choose([]string{"", ".txt", ".ini"}, []string{".cfg", ".yaml", ".x", "~"})), text: g.ini()})
	case 4, 5:
		c.add(inventoryFile{name: fmt.Sprintf("hosts%d%s", n, g.choose([]string{".yml", ".yaml"}, []string{"", ".json", ".yaml.txt"})), text: g.yaml()})
	case 6:
		c.add(inventoryFile{name: fmt.Sprintf("script%d.sh", n), text: g.script(), executable: !g.chance(g.odd)})
	case 7:
		c.add(inventoryFile{name: fmt.Sprintf("hosts%d.yml", n), text: g.yaml()})
		c.add(inventoryFile{name: fmt.Sprintf("made%d.yml", n), text: g.constructed()})
	default:
		g.folder(c)
	}
}

func (c *inventoryCase) add(f inventoryFile) {
	c.files = append(c.files, f)
	c.Sources = append(c.Sources, f.name)
}

// folder is a source with several files, some of which do not count.
func (g *inventories) folder(c *inventoryCase) {
	c.Sources = append(c.Sources, g.pick("inv", "inv", "inv/", "./inv"))
	for i := range 1 + g.random.IntN(4) {
		name := fmt.Sprintf("inv/%s%d", g.pick("a", "b", "z", "10-", "B"), i)
		switch g.random.IntN(8) {
		case 0, 1:
			c.files = append(c.files, inventoryFile{name: name + g.choose([]string{"", ".hosts"}, []string{".ini", ".cfg", ".orig", ".bak", "~", ".retry", ".swp", ".md"}), text: g.ini()})
		case 2, 3:
			c.files = append(c.files, inventoryFile{name: name + g.pick(".yml", ".yaml"), text: g.yaml()})
		case 4:
			c.files = append(c.files, inventoryFile{name: name + ".sh", text: g.script(), executable: true})
		case 5:
			c.files = append(c.files, inventoryFile{name: name + ".yml", text: g.constructed()})
		case 6:
			c.files = append(c.files, inventoryFile{name: "inv/sub/" + g.pick("x", ".hidden", "y.yml"), text: g.ini()})
		default:
			c.files = append(c.files, inventoryFile{name: "inv/." + g.pick("git", "x.yml"), text: g.ini()})
		}
	}
}

// list is a source that is a list of hosts.
func (g *inventories) list() string {
	var items []string
	for range 1 + g.random.IntN(3) {
		items = append(items, g.hostPattern(false))
	}
	return strings.Join(items, g.pick(",", ", ")) + ","
}

// hostPattern is what stands in a list of hosts.
func (g *inventories) hostPattern(ranges bool) string {
	usual := []string{"web1", "web2", "db1", "db2.example.com", "192.0.2.1", "app-1", "cache_1"}
	if ranges {
		usual = append(usual, "web[1:3]", "db[a:c].example.com", "node[01:03]", "n[1:9:3]", "r[1:2]c[a:b]", "h[001:012:5].x")
	}
	odd := []string{"web1:2222", "2001:db8::1", "[2001:db8::2]:2222", "[2001:db8::3]", "::1", "localhost", "127.0.0.1", "10", "Web1", "wärter",
		"a.b.c.", "host:22:33", "host:port", "x y", "-dash", "under_", "a_:22", "h[1:3]:2200", "h[3:1]", "h[a:3]", "h[:3]", "h[1:]", "h[1:3", "h1:3]",
		"h[1:3:0]", "h[a:C]", "h[A:c]", "h[01:3]", "h[9:11]", "h[1:2][1:2]", "[1:3]", "h[1]", "192.0.2.[1:3]", "2001:db8::[1:3]", "h[x]", "h[1:3]x[",
		"user@host", "a/b", "h*", "h?", "~h", "!h", "&h", "host:0", "host:99999", "x:1234:", "http://h", "a..b", "[a:c]", "h[aa:ac]", "h[1:a]", "h[-1:3]"}
	name := g.choose(usual, odd)
	g.names = append(g.names, strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("[]: &!~", r) })...)
	return name
}

// inner is the name of a group that stands at a level of a tree; deeper levels are below it, so that they make no circle.
func (g *inventories) inner(level int) string {
	levels := [][]string{{"web", "prod", "eu"}, {"db", "app"}, {"site_1", "top"}, {"rest", "last"}}
	name := g.choose(levels[min(level, len(levels)-1)], []string{"web", "site_1", "grüppe"})
	g.groups = append(g.groups, name)
	return name
}

func (g *inventories) group() string {
	name := g.choose([]string{"web", "db", "prod", "eu", "all", "ungrouped", "app", "site_1"},
		[]string{"web-1", "1web", "a.b", "grüppe", "x/y", "a b", "web:x", "_", "A"})
	g.groups = append(g.groups, name)
	return name
}

func (g *inventories) varName() string {
	return g.choose([]string{"a", "b", "port", "user", "ansible_host", "ansible_port", "ansible_user", "conf", "list", "ansible_group_priority"},
		[]string{"a-b", "a.b", "1a", "", " a ", "class", "inventory_hostname", "group_names", "ü", "ansible_connection", "groups", "vars", "omit", "playbook_dir"})
}
