package differential

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/inventory/show"
	"github.com/musterhq/muster/playbook/jinja"
)

var (
	inventoryCases = flag.Int("inventories", 100, "how many random inventories are compared")
	keptInventory  = flag.String("keep", "", "a folder in which inventories that differ are left")
)

// inventoryAnswers is what one side makes of a case.
type inventoryAnswers struct {
	Failed   string            `json:"failed"`
	Unparsed []string          `json:"unparsed"`
	Warnings []string          `json:"warnings"`
	Answers  []inventoryAnswer `json:"answers"`
}

type inventoryAnswer struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	Msg  string `json:"msg"`
}

func (a inventoryAnswer) String() string {
	if !a.OK {
		return "error: " + a.Msg
	}
	return a.Text
}

// TestInventories compares what ansible-inventory says of random inventories with what muster says, and the hosts that
// patterns match. What cannot be read must be the same to both, and muster says where it is wrong.
func TestInventories(t *testing.T) {
	if err := installed(*python); err != nil {
		if *required {
			t.Fatal(err)
		}
		t.Skipf("NOT RUN: %v", err)
	}
	reference := startInventories(t)
	g := newInventories(*seed)
	failures, answers := 0, 0
	for n := range *inventoryCases {
		c := g.next()
		c.write(t, filepath.Join(t.TempDir(), "inventory"))
		want, got := reference.ask(t, c), c.ask(t)
		answers += len(want.Answers)
		differences := c.compare(want, got)
		if len(differences) == 0 {
			os.RemoveAll(c.Dir)
			continue
		}
		if failures++; failures > *shown {
			continue
		}
		if *keptInventory != "" {
			c.write(t, filepath.Join(*keptInventory, strconv.Itoa(n)))
		}
		t.Errorf("case %d, sources %q, basedir %q, settings %v:\n%s\nfiles:\n%s", n, c.Sources, c.Basedir, c.Settings, strings.Join(differences, "\n"), c.texts())
	}
	t.Logf("%d inventories, %d answers; %d inventories differ", *inventoryCases, answers, failures)
}

func (c *inventoryCase) write(t *testing.T, dir string) {
	t.Helper()
	c.Dir = dir
	files := append(slices.Clone(c.files), inventoryFile{name: "secret", text: "password\n"})
	for _, f := range files {
		text, mode := []byte(f.text), os.FileMode(0o644)
		if f.executable {
			mode = 0o755
		}
		if f.sealed {
			text = sealed(t, text)
		}
		path := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "play"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// sealed is a text as a vault that the file secret opens.
func sealed(t *testing.T, text []byte) []byte {
	t.Helper()
	secrets := &vault.Secrets{}
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := secrets.LoadSecret(t.Context(), path, vault.Source{}); err != nil {
		t.Fatal(err)
	}
	vaulted, err := secrets.Encrypt(string(text), "")
	if err != nil {
		t.Fatal(err)
	}
	return []byte(vaulted)
}

func (c *inventoryCase) texts() string {
	var b strings.Builder
	for _, f := range c.files {
		fmt.Fprintf(&b, "-- %s --\n%s\n", f.name, f.text)
	}
	return b.String()
}

// compare returns what is different.
func (c *inventoryCase) compare(want, got inventoryAnswers) []string {
	if strings.Contains(got.Failed, "group_vars/") {
		return nil // muster refuses files of variables that cannot be read before they are used
	}
	if (want.Failed == "") != (got.Failed == "") {
		return []string{fmt.Sprintf("ansible: failed: %s\nmuster: failed: %s", want.Failed, got.Failed)}
	}
	if want.Failed != "" {
		return nil
	}
	var out []string
	if !slices.Equal(want.Unparsed, got.Unparsed) {
		out = append(out, fmt.Sprintf("cannot be read: ansible %q\nmuster %q\n%.2000s", want.Unparsed, got.Unparsed, strings.Join(want.Warnings, "\n")))
	}
	for i, q := range c.Questions {
		w, g := want.Answers[i], got.Answers[i]
		if w.OK == g.OK && w.Text == g.Text || c.accepted(q, w, g) {
			continue
		}
		out = append(out, q.String()+":\n"+difference(w.String(), g.String()))
	}
	return out
}

// accepted tells whether an answer may be different, with the reason.
func (c *inventoryCase) accepted(q inventoryQuestion, want, got inventoryAnswer) bool {
	switch {
	case strings.Contains(want.Msg, "not supported between instances of"):
		return true // the graph sorts names of variables, and Python cannot compare text with other keys
	case strings.Contains(want.Msg, "input is not vault encrypted data"):
		return true // the graph of ansible-inventory ends at a value that is no vault, the list does not
	case c.Settings["DEFAULT_HASH_BEHAVIOUR"] == "merge" && q.Flags["yaml"] != nil:
		return anchors.ReplaceAllString(want.Text, "") == anchors.ReplaceAllString(got.Text, "") // which mappings are the same object differs
	case strings.Contains(q.Pattern+q.Limit, "::"):
		return true // Python's expression for addresses takes more for one
	}
	return false
}

var anchors = regexp.MustCompile(` [&*]id[0-9]+`)

// difference shows where two texts start to be different.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	part := func(lines []string) string {
		return strings.Join(lines[min(max(0, i-2), len(lines)):min(i+4, len(lines))], "\n")
	}
	return "ansible:\n" + part(w) + "\nmuster:\n" + part(g)
}

// ask is muster's side.
func (c *inventoryCase) ask(t *testing.T) inventoryAnswers {
	t.Helper()
	set, _ := settings.Load([]string{"HOME=" + c.Dir}, c.Dir)
	o := inventory.FromSettings(set)
	for name, v := range c.Settings {
		switch name {
		case "DEFAULT_HASH_BEHAVIOUR":
			o.HashBehaviour = v.(string)
		case "TRANSFORM_INVALID_GROUP_CHARS":
			o.TransformGroupNames = v.(string)
		case "VARIABLE_PRECEDENCE":
			o.Precedence = v.([]string)
		}
	}
	secrets := &vault.Secrets{}
	if c.Password != "" {
		if err := secrets.LoadSecret(t.Context(), filepath.Join(c.Dir, c.Password), vault.Source{}); err != nil {
			t.Fatal(err)
		}
	}
	o.Dir, o.Decrypt = c.Dir, secrets.Decrypt
	engine := jinja.New(jinja.Options{})
	o.Evaluate = func(template string, vars *value.Dict) (any, error) {
		return engine.Render(&jinja.Context{Scope: dictScope{vars}}, value.Template{Src: template})
	}
	inv, found := inventory.Load(t.Context(), c.Sources, o)
	var a inventoryAnswers
	if err := found.Err(); err != nil {
		a.Failed = err.Error()
	}
	a.Unparsed = unparsed(found)
	options := show.Options{Dir: c.Dir, Decrypt: secrets.Decrypt}
	if c.Basedir != "" {
		options.PlaybookDir = filepath.Join(c.Dir, c.Basedir)
	}
	for _, q := range c.Questions {
		text, err := q.answer(inv, options)
		if err != nil {
			a.Answers = append(a.Answers, inventoryAnswer{Msg: err.Error()})
			continue
		}
		a.Answers = append(a.Answers, inventoryAnswer{OK: true, Text: text})
	}
	return a
}

func unparsed(found diag.List) []string {
	var sources []string
	for _, d := range found {
		if s, ok := strings.CutPrefix(d.Summary, "Unable to parse "); ok {
			sources = append(sources, strings.TrimSuffix(s, " as an inventory source"))
		}
	}
	return sources
}

func (q inventoryQuestion) answer(inv *inventory.Inventory, o show.Options) (string, error) {
	on := func(name string) bool { b, _ := q.Flags[name].(bool); return b }
	o.YAML, o.Export, o.Vars = on("yaml"), on("export"), on("show_vars")
	switch q.Kind {
	case "split":
		return strings.Join(inventory.SplitPattern(q.Pattern), "\n"), nil
	case "hosts":
		return q.hosts(inv)
	}
	if name, ok := q.Flags["host"].(string); ok {
		hosts, found := inv.Match(name)
		if err := found.Err(); err != nil {
			return "", err
		}
		if len(hosts) != 1 {
			return "", fmt.Errorf("%d hosts", len(hosts))
		}
		return trimmed(show.Host(inv, hosts[0], o))(o.YAML)
	}
	if on("graph") {
		group := q.Group
		if group == "" {
			group = "all"
		}
		text, err := show.Graph(inv, group, o)
		return strings.TrimSuffix(text, "\n"), err
	}
	return trimmed(show.List(inv, o))(o.YAML)
}

// trimmed takes the line's end off JSON, which ansible-inventory adds when it prints.
func trimmed(text string, err error) func(yaml bool) (string, error) {
	return func(yaml bool) (string, error) {
		if !yaml {
			text = strings.TrimSuffix(text, "\n")
		}
		return text, err
	}
}

func (q inventoryQuestion) hosts(inv *inventory.Inventory) (string, error) {
	hosts, found := inv.Match(q.Pattern)
	if err := found.Err(); err != nil {
		return "", err
	}
	if q.Limit != "" {
		if hosts, found = inv.MatchLimit(hosts, q.Limit); found.Err() != nil {
			return "", found.Err()
		}
	}
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return strings.Join(names, "\n"), nil
}

// dictScope gives templates of inventory plugins the variables of a host.
type dictScope struct{ vars *value.Dict }

func (s dictScope) Lookup(name string) (any, bool) { return s.vars.Get(name) }

// inventoryReference is the installed ansible-core, in a process of its own.
type inventoryReference struct {
	in  *json.Encoder
	out *bufio.Scanner
}

func startInventories(t *testing.T) *inventoryReference {
	t.Helper()
	script, err := filepath.Abs("testdata/inventories.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(*python, script)
	cmd.Dir, cmd.Stderr = t.TempDir(), os.Stderr
	in, answers := startReference(t, cmd, "ANSIBLE_HOME="+t.TempDir())
	return &inventoryReference{in: json.NewEncoder(in), out: answers}
}

func (r *inventoryReference) ask(t *testing.T, c *inventoryCase) (a inventoryAnswers) {
	t.Helper()
	if err := r.in.Encode(c); err != nil {
		t.Fatal(err)
	}
	if !r.out.Scan() {
		t.Fatalf("the reference ended: %v", r.out.Err())
	}
	if err := json.Unmarshal(r.out.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}
