package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// folder makes a private working folder with an ansible.cfg.
func folder(t *testing.T, cfg string) string {
	t.Helper()
	dir := t.TempDir()
	if cfg != "" {
		if err := os.WriteFile(filepath.Join(dir, "ansible.cfg"), []byte(cfg), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, cfg string, env ...string) (*Settings, diag.List, string) {
	t.Helper()
	dir := folder(t, cfg)
	s, found := Load(append(env, "HOME="+dir+"/home"), dir)
	return s, found, dir
}

func TestDefaults(t *testing.T) {
	s, found, dir := load(t, "")
	if len(found) > 0 {
		t.Errorf("diagnostics without a file: %v", found)
	}
	if s.Forks != 64 || s.Timeout != 10*time.Second || !s.HostKeyChecking || s.BecomeMethod != "sudo" || s.HashBehaviour != "replace" {
		t.Errorf("defaults %+v", s.Fields)
	}
	if want := []string{dir + "/home/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"}; !slices.Equal(s.RolesPath, want) {
		t.Errorf("roles path %v", s.RolesPath)
	}
	if s.GatherSubset != nil || s.RemoteUser != "" || s.RunTags == nil {
		t.Errorf("unset values: %v %q %v", s.GatherSubset, s.RemoteUser, s.RunTags)
	}
}

func TestPrecedenceAndOrigins(t *testing.T) {
	s, found, dir := load(t, "[defaults]\nforks = 7\nremote_user=\"deploy\"\n[privilege_escalation]\nbecome=yes\n", "ANSIBLE_FORKS=9")
	if len(found) > 0 {
		t.Fatal(found)
	}
	if s.Forks != 9 || s.RemoteUser != "deploy" || !s.Become {
		t.Errorf("forks %d, user %q, become %v", s.Forks, s.RemoteUser, s.Become)
	}
	if x, _ := s.Lookup("DEFAULT_FORKS"); x.Origin.Text != "env: ANSIBLE_FORKS" {
		t.Errorf("origin of forks %+v", x.Origin)
	}
	x, _ := s.Lookup("DEFAULT_REMOTE_USER")
	if x.Origin.Text != dir+"/ansible.cfg" || x.Origin.Pos.Line != 3 {
		t.Errorf("origin of the user %+v", x.Origin)
	}
	if err := s.Override("DEFAULT_FORKS", "12", "--forks"); err != nil || s.Forks != 12 {
		t.Errorf("a flag does not win: %d, %v", s.Forks, err)
	}
	if err := s.Override("DEFAULT_FORKS", "many", "--forks"); err == nil || !strings.Contains(err.Error(), "--forks") {
		t.Errorf("a bad flag: %v", err)
	}
	if err := s.Override("NO_SUCH", "1", "--x"); err == nil {
		t.Error("an unknown setting was accepted")
	}
}

func TestPathsAreRelativeToTheFileThatNamesThem(t *testing.T) {
	elsewhere := folder(t, "[defaults]\nroles_path = roles:~/r:$BASE/x:{{CWD}}/y:$NOT_SET/z\ninventory=hosts,/abs/other\nlog_path = {{ANSIBLE_HOME}}/log\n")
	cwd := t.TempDir()
	s, found := Load([]string{"ANSIBLE_CONFIG=" + elsewhere, "HOME=/h", "BASE=/b", "ANSIBLE_COLLECTIONS_PATH=c"}, cwd)
	if len(found) > 0 {
		t.Fatal(found)
	}
	want := []string{elsewhere + "/roles", "/h/r", "/b/x", cwd + "/y", elsewhere + "/$NOT_SET/z"}
	if !slices.Equal(s.RolesPath, want) {
		t.Errorf("roles path %v, want %v", s.RolesPath, want)
	}
	if want := []string{elsewhere + "/hosts", "/abs/other"}; !slices.Equal(s.Inventory, want) {
		t.Errorf("inventory %v", s.Inventory)
	}
	if !slices.Equal(s.CollectionsPath, []string{cwd + "/c"}) || s.LogPath != "/h/.ansible/log" {
		t.Errorf("collections %v, log %q", s.CollectionsPath, s.LogPath)
	}
	if s.ConfigFile != filepath.Join(elsewhere, "ansible.cfg") {
		t.Errorf("file %q", s.ConfigFile)
	}
}

func TestInventoryListOfHosts(t *testing.T) {
	s, _, _ := load(t, "", "ANSIBLE_INVENTORY=web1,web2,")
	if !slices.Equal(s.Inventory, []string{"web1,web2,"}) {
		t.Errorf("inventory %v", s.Inventory)
	}
}

func TestWorldWritableFolderIsSkipped(t *testing.T) {
	dir := folder(t, "[defaults]\nforks=3\n")
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	s, found := Load([]string{"HOME=/nonexistent"}, dir)
	if s.Forks == 3 || len(found) != 1 || found[0].Severity != diag.Warning || !strings.Contains(found[0].Hint, "chmod o-w") {
		t.Errorf("forks %d, %v", s.Forks, found)
	}
	s, found = Load([]string{"HOME=/nonexistent", "ANSIBLE_CONFIG=ansible.cfg"}, dir)
	if s.Forks != 3 || len(found) != 0 {
		t.Errorf("named by the variable: forks %d, %v", s.Forks, found)
	}
}

func TestHomeFile(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".ansible.cfg"), []byte("[defaults]\nforks=4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := Load([]string{"HOME=" + home}, t.TempDir())
	if s.Forks != 4 {
		t.Errorf("forks %d", s.Forks)
	}
}

func TestMistakesNameThePlace(t *testing.T) {
	for name, c := range map[string]struct {
		cfg, env, want string
		line           int
	}{
		"number":   {"[defaults]\nforks = many\n", "", `setting forks: "many" is no whole number`, 2},
		"choice":   {"[defaults]\n\ngathering = later\n", "", "implicit, explicit, smart", 3},
		"variable": {"", "ANSIBLE_FORKS=x", `setting ANSIBLE_FORKS: "x"`, 0},
		"boolean":  {"[defaults]\nhost_key_checking = maybe\n", "", "neither yes nor no", 2},
		"header":   {"forks = 3\n", "", "before the first [section]", 1},
		"twice":    {"[defaults]\na=1\n[defaults]\n", "", "twice", 3},
		"key":      {"[defaults]\na=1\nA=2\n", "", "set twice", 3},
		"no equal": {"[defaults]\nforks\n", "", "key = value", 2},
	} {
		_, found, _ := load(t, c.cfg, c.env)
		if len(found) == 0 || !strings.Contains(found.Error(), c.want) || found[0].Pos.Line != c.line {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestEmptyAndOddValues(t *testing.T) {
	s, found, _ := load(t, "[defaults]\ncallbacks_enabled = \n", "ANSIBLE_FORKS=", "NO_COLOR=anything", "ANSIBLE_RUN_TAGS=a, 'b' ,c")
	if len(found) > 0 || s.Forks != 64 || !s.NoColor || len(s.CallbacksEnabled) != 0 {
		t.Errorf("%v forks %d color %v callbacks %v", found, s.Forks, s.NoColor, s.CallbacksEnabled)
	}
	if !slices.Equal(s.RunTags, []string{"a", "b", "c"}) {
		t.Errorf("tags %v", s.RunTags)
	}
}

func TestSyntaxOfTheFile(t *testing.T) {
	s, found, _ := load(t, "# comment\n; too\n[defaults]\nForks : 5 ; five\nremote_user = a;b\nansible_managed = one\n   two\n\n[unknown]\nwhat = ever\n"+
		"[ssh_connection]\nssh_args = -o A=b \\\n  -o C=d\n[DEFAULT]\nmodule_name = shell\n")
	if len(found) > 0 {
		t.Fatal(found)
	}
	if s.Forks != 5 || s.RemoteUser != "a;b" || s.ManagedText != "one\ntwo" || s.ModuleName != "shell" {
		t.Errorf("forks %d user %q managed %q module %q", s.Forks, s.RemoteUser, s.ManagedText, s.ModuleName)
	}
	if s.SSHArgs != "-o A=b \\\n-o C=d" {
		t.Errorf("ssh_args %q", s.SSHArgs)
	}
}

func TestLaterNamesWin(t *testing.T) {
	s, _, _ := load(t, "[defaults]\nhost_key_checking=True\ntimeout=20\n[ssh_connection]\nhost_key_checking=False\ntimeout=30\n")
	if s.HostKeyChecking || s.Timeout != 30*time.Second {
		t.Errorf("checking %v timeout %v", s.HostKeyChecking, s.Timeout)
	}
}

func TestGetGivesTemplateValues(t *testing.T) {
	s, _, _ := load(t, "")
	v, ok := s.Get("DEFAULT_ROLES_PATH")
	if l, isList := v.(*value.List); !ok || !isList || len(l.Items) != 3 {
		t.Errorf("%v", v)
	}
	if v, ok := s.Get("DEFAULT_REMOTE_PORT"); !ok || v != nil {
		t.Errorf("unset: %v %v", v, ok)
	}
	if _, ok := s.Get("NOT_THERE"); ok {
		t.Error("an unknown setting was found")
	}
}

func TestBecomeFor(t *testing.T) {
	s, _, _ := load(t, "[privilege_escalation]\nbecome_flags=-H\n[sudo_become_plugin]\nflags=-E\n")
	if o := s.BecomeFor("sudo"); o.Flags != "-E" || o.Exe != "sudo" || o.User != "root" {
		t.Errorf("sudo %+v", o)
	}
	if o := s.BecomeFor("su"); o.Flags != "-H" || o.Exe != "su" {
		t.Errorf("su %+v", o)
	}
	if o := s.BecomeFor("machinectl"); o.Flags != "-H" {
		t.Errorf("another %+v", o)
	}
	if err := s.Override("DEFAULT_BECOME_USER", "deploy", "--become-user"); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"sudo", "su", "machinectl"} {
		if o := s.BecomeFor(method); o.User != "deploy" {
			t.Errorf("%s with --become-user %+v", method, o)
		}
	}
}

// TestLocation: a place is a path, made absolute, a URL as it is, or off.
func TestLocation(t *testing.T) {
	for given, want := range map[string]string{"off": "off", "postgres://h/db": "postgres://h/db", "~/h.db": "~/home/h.db", "runs/h.db": "~/runs/h.db", "'/x y'": "/x y"} {
		s, found, dir := load(t, "[muster]\nhistory = "+given+"\n")
		if want = strings.Replace(want, "~", dir, 1); len(found) > 0 || s.History != want {
			t.Errorf("%s: %q, want %q, %v", given, s.History, want, found)
		}
	}
}

// Every tag names a setting of the same type, and no setting is defined twice.
func TestFieldsFitDefinitions(t *testing.T) {
	seen := map[string]kind{}
	for _, d := range append(append(coreDefinitions(), pluginDefinitions()...), musterDefinitions()...) {
		if _, twice := seen[d.name]; twice {
			t.Errorf("%s is defined twice", d.name)
		}
		seen[d.name] = d.kind
	}
	kinds := map[reflect.Type][]kind{
		reflect.TypeFor[string](): {text, path, location}, reflect.TypeFor[bool](): {boolean}, reflect.TypeFor[int](): {integer},
		reflect.TypeFor[time.Duration](): {integer}, reflect.TypeFor[[]string](): {list, pathList, pathSpec},
	}
	fields := reflect.TypeFor[Fields]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		k, ok := seen[f.Tag.Get("setting")]
		if !ok || !slices.Contains(kinds[f.Type], k) {
			t.Errorf("field %s: setting %q does not fit type %v", f.Name, f.Tag.Get("setting"), f.Type)
		}
	}
}

func FuzzParseINI(f *testing.F) {
	f.Add("[defaults]\nforks = 3\n  more\n; c\n")
	f.Add("[a]\nb:c ; d\n[a]\n=x\n")
	f.Add("x\n[\n]\n")
	f.Fuzz(func(t *testing.T, src string) {
		got, found := parseINI("f", []byte(src))
		for _, d := range found {
			if d.Pos.Line < 1 || d.Pos.Col < 1 {
				t.Errorf("a mistake without a place: %v", d)
			}
		}
		for _, keys := range got.sections {
			for k := range keys {
				if k == "" || k != strings.ToLower(k) {
					t.Errorf("key %q", k)
				}
			}
		}
	})
}

// TestOwnSettingsAreDocumented: each of muster's own settings says what it does.
func TestOwnSettingsAreDocumented(t *testing.T) {
	own := Own()
	if len(own) < 10 {
		t.Fatalf("%d settings", len(own))
	}
	for _, s := range own {
		if s.Key == "" || s.Doc == "" || s.Env == "" {
			t.Errorf("%+v", s)
		}
	}
}
