package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
)

func load(t testing.TB, o Options, sources ...string) *Inventory {
	t.Helper()
	inv, found := Load(t.Context(), sources, o)
	if len(found) > 0 {
		t.Fatalf("diagnostics: %v", found)
	}
	return inv
}

// Each place sets its own variable and all those of lower places, so the winner of each shows the order.
func TestPrecedence(t *testing.T) {
	places := []struct{ name, file string }{
		{"all_inventory", ""}, {"parent_inventory", ""}, {"group_inventory", ""},
		{"all_file", "inv/group_vars/all.yml"}, {"all_play", "play/group_vars/all/main.yml"},
		{"parent_file", "inv/group_vars/parent.json"}, {"group_file", "inv/group_vars/web"}, {"group_play", "play/group_vars/web.yaml"},
		{"host_inventory", ""}, {"host_file", "inv/host_vars/h.yml"}, {"host_play", "play/host_vars/h/a"},
	}
	files := map[string]string{}
	settings := map[string]string{}
	for i, p := range places {
		var yaml, ini, line strings.Builder
		for _, q := range places[:i+1] {
			fmt.Fprintf(&yaml, "%s: %s\n", q.name, p.name)
			fmt.Fprintf(&ini, "%s=%s\n", q.name, p.name)
			fmt.Fprintf(&line, " %s=%s", q.name, p.name)
		}
		settings[p.name] = ini.String()
		if p.name == "host_inventory" {
			settings[p.name] = line.String()
		}
		if p.file != "" {
			files[p.file] = yaml.String()
		}
	}
	files["inv/group_vars/parent.json"] = `{"all_inventory":"parent_file","parent_inventory":"parent_file","group_inventory":"parent_file","all_file":"parent_file","all_play":"parent_file","parent_file":"parent_file"}`
	files["inv/hosts"] = "[web]\nh" + settings["host_inventory"] + "\n[parent:children]\nweb\n[all:vars]\n" + settings["all_inventory"] +
		"[parent:vars]\n" + settings["parent_inventory"] + "[web:vars]\n" + settings["group_inventory"]
	dir := tree(t, files)
	inv := load(t, Options{}, dir+"/inv/hosts")
	vars := inv.Vars(inv.Host("h"), dir+"/play")
	for _, p := range places {
		if got, _ := vars.Get(p.name); got != "host_play" {
			t.Errorf("%s of the full set: %v", p.name, got)
		}
	}
	layers := inv.VarLayers(inv.Host("h"), dir+"/play")
	var order []string
	for _, l := range layers {
		x, _ := l.Get("all_inventory")
		if name, ok := x.(string); ok {
			order = append(order, name)
		}
	}
	var want []string
	for _, p := range places {
		want = append(want, p.name)
	}
	if !slices.Equal(order, want) {
		t.Errorf("order of the layers\n%v, want\n%v", order, want)
	}
}

func TestGroupOrder(t *testing.T) {
	inv := parse(t, `[a]
h
[b]
h
[c]
h
[deep:children]
mid
[mid:children]
low
[low]
h
[a:vars]
x=a
y=a
ansible_group_priority=9
[b:vars]
x=b
y=b
[c:vars]
x=c
[low:vars]
y=low
`, Options{})
	vars := inv.Vars(inv.Host("h"), "")
	if x, _ := vars.Get("x"); x != "a" {
		t.Errorf("priority: x = %v", x)
	}
	if y, _ := vars.Get("y"); y != "low" {
		t.Errorf("depth: y = %v", y)
	}
	if _, ok := vars.Get("ansible_group_priority"); ok {
		t.Error("the priority became a variable")
	}
	if got := inv.Host("h").Groups(); !slices.Equal(got, []string{"a", "b", "c", "deep", "low", "mid"}) {
		t.Errorf("group_names %v", got)
	}
}

func TestOtherPrecedence(t *testing.T) {
	dir := tree(t, map[string]string{"hosts": "[g]\nh\n[g:vars]\nx=group\n[all:vars]\nx=all\n", "group_vars/all": "x: file\n"})
	inv := load(t, Options{Precedence: []string{"all_plugins_inventory", "groups_inventory", "all_inventory"}}, dir+"/hosts")
	if x, _ := inv.Vars(inv.Host("h"), "").Get("x"); x != "all" {
		t.Errorf("x = %v", x)
	}
}

func TestMagicVariables(t *testing.T) {
	dir := tree(t, map[string]string{"hosts": "[g]\nweb.example.com\n10.0.0.1\n"})
	inv := load(t, Options{}, dir+"/hosts", "listed,")
	for name, want := range map[string][]any{
		"web.example.com": {"web", "['g']", dir + "/hosts", dir},
		"10.0.0.1":        {"10.0.0.1", "['g']", dir + "/hosts", dir},
		"listed":          {"listed", "['ungrouped']", "listed,", nil},
	} {
		vars := inv.Vars(inv.Host(name), "")
		short, _ := vars.Get("inventory_hostname_short")
		groups, _ := vars.Get("group_names")
		file, _ := vars.Get("inventory_file")
		folder, _ := vars.Get("inventory_dir")
		if got := []any{short, value.Repr(groups), file, folder}; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := value.Repr(inv.GroupsDict()); got != "{'all': ['listed', 'web.example.com', '10.0.0.1'], 'ungrouped': ['listed'], 'g': ['web.example.com', '10.0.0.1']}" {
		t.Errorf("groups: %s", got)
	}
}

func TestMergeBehaviour(t *testing.T) {
	dir := tree(t, map[string]string{"h.yml": "all:\n  vars: {d: {a: 1, b: {c: 1}}, l: [1]}\n  hosts:\n    h: {d: {z: 9}, l: [2]}\n    k:\n",
		"host_vars/h": "d: {b: {c: 5}}\n"})
	merged := load(t, Options{HashBehaviour: "merge"}, dir+"/h.yml")
	for _, get := range []func() any{
		func() any { d, _ := merged.Vars(merged.Host("h"), "").Get("d"); return d },
		func() any { return fromLayers(merged.VarLayers(merged.Host("h"), ""), "d") },
	} {
		if got := value.Repr(get()); got != "{'a': 1, 'b': {'c': 5}, 'z': 9}" {
			t.Errorf("merged: %s", got)
		}
	}
	if got := value.Repr(fromLayers(merged.VarLayers(merged.Host("k"), ""), "d")); got != "{'a': 1, 'b': {'c': 1}}" {
		t.Errorf("the shared mapping was changed: %s", got)
	}
	replaced := load(t, Options{}, dir+"/h.yml")
	if got := value.Repr(fromLayers(replaced.VarLayers(replaced.Host("h"), ""), "d")); got != "{'b': {'c': 5}}" {
		t.Errorf("replaced: %s", got)
	}
}

func fromLayers(layers []*value.Dict, key string) any {
	for _, l := range slices.Backward(layers) {
		if x, ok := l.Get(key); ok {
			return x
		}
	}
	return nil
}

func TestCheckTellsAboutFiles(t *testing.T) {
	secrets := &vault.Secrets{}
	if err := secrets.Add("", []byte("pw")); err != nil {
		t.Fatal(err)
	}
	sealed, err := secrets.Encrypt("x: opened\n", "")
	if err != nil {
		t.Fatal(err)
	}
	dir := tree(t, map[string]string{"hosts": "[sealed]\na\n[bad]\nb\n[fine]\nc\n[cut]\nd\n", "group_vars/sealed.yml": sealed,
		"group_vars/cut.yml": "$ANSIBLE_VAULT;1.1;AES256\n313\n",
		"host_vars/b.yml":    "- 1\n", "host_vars/c.yml": "ok: 1\n"})
	inv := load(t, Options{}, dir+"/hosts")
	for host, want := range map[string]string{"a": "--ask-vault-pass", "b": "must be a mapping, but this is a list", "c": "", "d": "--ask-vault-pass"} {
		found := inv.Check([]*Host{inv.Host(host)}, "")
		if (want == "") != (len(found) == 0) || want != "" && !strings.Contains(found.Error(), want) {
			t.Errorf("%s: %v", host, found)
		}
	}
	opened := load(t, Options{Decrypt: secrets.Decrypt}, dir+"/hosts")
	if x, _ := opened.Vars(opened.Host("a"), "").Get("x"); x != "opened" {
		t.Errorf("x = %v", x)
	}
	if found := opened.Check([]*Host{opened.Host("d")}, ""); !strings.Contains(found.Error(), "Odd-length string") {
		t.Errorf("a vault that is cut off: %v", found)
	}
	failing := func(string) (string, error) { return "", errors.New("no such luck") }
	inv = load(t, Options{Decrypt: failing}, dir+"/hosts")
	if found := inv.Check(inv.Hosts(), ""); len(found) != 3 {
		t.Errorf("all hosts: %v", found)
	}
}

func TestDuplicateKeys(t *testing.T) {
	dir := tree(t, map[string]string{"h.yml": "g:\n  hosts:\n    a: {x: 1, x: 2}\n", "group_vars/g.yml": "y: 1\nz: 2\ny: 3\n"})
	inv, found := Load(t.Context(), []string{dir + "/h.yml"}, Options{})
	if len(found) != 2 || found.Err() != nil || found[0].Pos.Line != 3 || found[1].Summary != "found a duplicate dict key (y), first in line 1" {
		t.Errorf("%v", found)
	}
	if y, _ := inv.Vars(inv.Host("a"), "").Get("y"); y != 3 {
		t.Errorf("y = %v", y)
	}
	if _, found := Load(t.Context(), []string{dir + "/h.yml"}, Options{DuplicateKeys: "ignore"}); len(found) > 0 {
		t.Errorf("ignored: %v", found)
	}
	strict := Options{DuplicateKeys: "error"}
	if inv, _ := Load(t.Context(), []string{dir + "/h.yml"}, strict); inv.Host("a") != nil {
		t.Error("an inventory with a duplicate key was read")
	}
	if _, found := Load(t.Context(), []string{tree(t, map[string]string{"hosts": "a\n", "group_vars/all": "y: 1\ny: 2\n"}) + "/hosts"}, strict); found.Err() == nil {
		t.Errorf("no error: %v", found)
	}
}

func TestBrokenGroupFileIsAnErrorAtOnce(t *testing.T) {
	dir := tree(t, map[string]string{"hosts": "a\n", "group_vars/all.yml": "x: [1\n"})
	if _, found := Load(t.Context(), []string{dir + "/hosts"}, Options{}); found.Err() == nil || found[0].Pos.File != dir+"/group_vars/all.yml" {
		t.Errorf("%v", found)
	}
}

func TestNamesCannotLeaveTheFolder(t *testing.T) {
	dir := tree(t, map[string]string{"inv/hosts": "a\n", "secret": "x: 1\n", "inv/host_vars/.keep": ""})
	inv := load(t, Options{}, dir+"/inv/hosts")
	if _, err := inv.AddHost("../../secret", nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, ok := inv.Vars(inv.Host("../../secret"), "").Get("x"); ok {
		t.Error("a file outside host_vars was read")
	}
}

func TestRuntimeChanges(t *testing.T) {
	inv := parse(t, "a x=1\n[g]\nb\n", Options{})
	changed, err := inv.AddHost("new", []string{"g", "fresh"}, value.DictOf("v", 1))
	if !changed || err != nil {
		t.Fatalf("%v %v", changed, err)
	}
	if got := inv.Host("new").Groups(); !slices.Equal(got, []string{"fresh", "g"}) {
		t.Errorf("groups of the new host %v", got)
	}
	if changed, _ := inv.AddHost("new", []string{"g"}, value.DictOf("v", 1)); changed {
		t.Error("adding the same again is a change")
	}
	before := inv.Host("a").Vars()
	if changed, _ := inv.AddHost("a", nil, value.DictOf("x", 2)); !changed {
		t.Error("a new value is no change")
	}
	if x, _ := before.Get("x"); x != 1 {
		t.Error("a mapping that was handed out changed")
	}
	if changed, err := inv.AddToGroup("a", "os_debian", []string{"os"}); !changed || err != nil {
		t.Errorf("%v %v", changed, err)
	}
	if changed, _ := inv.AddToGroup("a", "os_debian", []string{"os"}); changed {
		t.Error("grouping the same again is a change")
	}
	if got := inv.Host("a").Groups(); !slices.Equal(got, []string{"os", "os_debian"}) {
		t.Errorf("groups %v", got)
	}
	if got, _ := inv.Match("os"); names(got) != "a" {
		t.Errorf("os: %s", names(got))
	}
	if _, err := inv.AddToGroup("nobody", "g", nil); err == nil {
		t.Error("an unknown host was grouped")
	}
	if _, err := inv.AddToGroup("a", "all", []string{"os"}); err == nil {
		t.Error("a circle was made")
	}
	if isNew, _ := inv.AddGroup("empty"); !isNew || inv.Group("empty") == nil {
		t.Error("the group was not added")
	}
	if _, err := inv.AddHost("", nil, nil); err == nil {
		t.Error("a host without name was added")
	}
}

func TestReloadKeepsWhatWasAdded(t *testing.T) {
	dir := tree(t, map[string]string{"hosts": "a\nb\n"})
	inv := load(t, Options{}, dir+"/hosts", "c,")
	for _, add := range []func() (bool, error){
		func() (bool, error) { return inv.AddHost("new", []string{"g"}, value.DictOf("v", 1)) },
		func() (bool, error) { return inv.AddToGroup("a", "dyn", nil) },
		func() (bool, error) { return inv.AddToGroup("b", "dyn", nil) },
	} {
		if _, err := add(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir+"/hosts", []byte("b\nz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh, found := inv.Reload(t.Context())
	if len(found) > 0 || names(fresh.Hosts()) != "new z c b" {
		t.Errorf("hosts %q, %v", names(fresh.Hosts()), found)
	}
	if got, _ := fresh.Match("dyn:g"); names(got) != "b new" {
		t.Errorf("groups %q", names(got))
	}
	if x, _ := fresh.Host("new").Vars().Get("v"); x != 1 {
		t.Errorf("v = %v", x)
	}
	if names(inv.Hosts()) != "new c a b" {
		t.Errorf("the old inventory changed: %q", names(inv.Hosts()))
	}
}

func TestConcurrentReadersAndWriters(t *testing.T) {
	dir := tree(t, map[string]string{"hosts": "[g]\nh[1:20]\n", "group_vars/g.yml": "x: 1\n"})
	inv := load(t, Options{}, dir+"/hosts")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range 50 {
				h := inv.Hosts()[j%20]
				inv.VarLayers(h, dir)
				h.Groups()
				inv.GroupsDict()
				inv.Match("g:!h1:localhost")
				if i < 2 {
					if _, err := inv.AddHost(fmt.Sprintf("n%d-%d", i, j), []string{"dyn"}, value.DictOf("j", j)); err != nil {
						t.Error(err)
					}
				}
			}
		}()
	}
	wg.Wait()
	if got, _ := inv.Match("dyn"); len(got) != 100 {
		t.Errorf("%d hosts were added", len(got))
	}
}

// bigInventory writes 10,000 hosts in 100 groups, with files of variables for groups and some hosts.
func bigInventory(t testing.TB) string {
	dir := t.TempDir()
	var b strings.Builder
	for g := range 100 {
		fmt.Fprintf(&b, "[g%d]\n", g)
		for h := range 100 {
			fmt.Fprintf(&b, "host%d-%d.example.com ansible_host=10.0.%d.%d ansible_port=22 rack=%d role='web server'\n", g, h, g, h, h)
		}
		fmt.Fprintf(&b, "[g%d:vars]\nregion=r%d\nlist=[1, 2, 3]\n", g, g)
	}
	b.WriteString("[top:children]\n")
	for g := range 100 {
		fmt.Fprintf(&b, "g%d\n", g)
	}
	if err := os.WriteFile(filepath.Join(dir, "hosts"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "group_vars"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "group_vars", "all.yml"), []byte("a: 1\nb: [1, 2]\nc: {d: e}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "hosts")
}

func TestTenThousandHostsStaySmall(t *testing.T) {
	path := bigInventory(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	inv := load(t, Options{}, path)
	for _, h := range inv.Hosts() {
		inv.VarLayers(h, filepath.Dir(path))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := len(inv.Hosts()); n != 10_000 {
		t.Fatalf("%d hosts", n)
	}
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if kept > 100<<20 {
		t.Errorf("10,000 hosts keep %d MB", kept>>20)
	}
	runtime.KeepAlive(inv)
}

func BenchmarkLoad10000Hosts(b *testing.B) {
	path := bigInventory(b)
	b.ReportAllocs()
	for b.Loop() {
		load(b, Options{}, path)
	}
}

func BenchmarkMatch10000Hosts(b *testing.B) {
	inv := load(b, Options{}, bigInventory(b))
	for b.Loop() {
		inv.Match("g1*:&top:!host1-*")
	}
}

// A text between two mappings ends the one below it; only what follows is joined.
func TestMergedLayersAreJoinedInOrder(t *testing.T) {
	dir := tree(t, map[string]string{"h": "[web]\na conf=text\n[web:vars]\nconf={'low': 1}\n", "host_vars/a.yml": "conf: {high: 2}\n"})
	v := load(t, Options{HashBehaviour: "merge"}, dir+"/h")
	joined, _ := v.Vars(v.Host("a"), "").Get("conf")
	for _, conf := range []any{joined, fromLayers(v.VarLayers(v.Host("a"), ""), "conf")} {
		if got := value.Repr(conf); got != "{'high': 2}" {
			t.Error(got)
		}
	}
}

func TestCheckGroupsFindsVaultsThatDoNotOpen(t *testing.T) {
	dir := tree(t, map[string]string{"h": "[web]\na\n[empty]\n", "group_vars/empty.yml": "$ANSIBLE_VAULT;1.1;AES256\n3030\n"})
	v := load(t, Options{}, dir+"/h")
	if err := v.Check(v.Hosts(), "").Err(); err != nil {
		t.Errorf("a group without hosts matters: %v", err)
	}
	if err := v.CheckGroups("").Err(); err == nil {
		t.Error("the vault was not found")
	}
}
