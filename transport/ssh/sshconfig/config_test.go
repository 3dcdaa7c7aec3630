package sshconfig

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// compared are the keywords whose answers are held against the real ssh.
var compared = []string{"hostname", "port", "user", "identityfile", "proxyjump", "proxycommand", "stricthostkeychecking",
	"userknownhostsfile", "serveraliveinterval", "serveralivecountmax", "hostkeyalias", "identitiesonly", "connecttimeout",
	"certificatefile", "preferredauthentications", "numberofpasswordprompts", "forwardagent", "identityagent"}

var resolveCases = []struct {
	name, config, host string
	args               []string // -o
}{
	{"plain", "Host web\n HostName 10.0.0.1\n Port 2222\n User deploy\n", "web", nil},
	{"first wins", "Host web\n Port 1\nHost *\n Port 2\n", "web", nil},
	{"global before hosts", "Port 7\nHost web\n Port 1\n", "web", nil},
	{"wildcard and negation", "Host *.example.com !bad.example.com\n User a\nHost *\n User b\n", "bad.example.com", nil},
	{"question mark", "Host web?\n User a\nHost *\n User b\n", "web12", nil},
	{"equals sign", "Host=web\nPort=99\nUser = x\n", "web", nil},
	{"quotes", "Host \"web\"\n IdentityFile \"/k/with blank\"\n", "web", nil},
	{"single quotes and escapes", "Host web\n IdentityFile '/k/a b'\n CertificateFile /k/c\\ d\n", "web", nil},
	{"several identities", "IdentityFile /k/a\nHost web\n IdentityFile /k/b\n IdentityFile /k/a\n", "web", nil},
	{"trailing comment", "Host web # that one\n Port 3 # three\n", "web", nil},
	{"tabs and indentation", "\tHost\tweb\n\t\tPort\t4\n", "web", nil},
	{"upper case keywords", "HOST web\n PORT 5\n uSeR z\n", "web", nil},
	{"hostname with token", "Host web\n HostName %h.example.org\n", "web", nil},
	{"match host", "Host web\n HostName web.example.org\nMatch host *.example.org\n User m\n", "web", nil},
	{"match originalhost", "Host web\n HostName web.example.org\nMatch originalhost web\n User m\n", "web", nil},
	{"match negated", "Match !host web\n User m\nMatch all\n User n\n", "web", nil},
	{"match user", "Host web\n User adm\nMatch user adm,root\n Port 17\n", "web", nil},
	{"match localuser", "Match localuser nobody-here\n Port 17\nMatch all\n Port 18\n", "web", nil},
	{"match several", "Host web\n User u\nMatch host w* user u\n Port 20\n", "web", nil},
	{"match exec true", "Match exec \"test %h = web\"\n Port 21\n", "web", nil},
	{"match exec false", "Match exec \"test %n = other\"\n Port 21\nMatch all\n Port 22\n", "web", nil},
	{"match exec not run after a miss", "Match host other exec \"true\"\n Port 21\n", "web", nil},
	{"match final", "Host web\n HostName w.example.org\nMatch final host *.org\n Port 30\n", "web", nil},
	{"match final all", "Match final all\n Port 31\nHost *\n User f\n", "web", nil},
	{"match canonical without", "Match canonical\n Port 32\nMatch all\n User c\n", "web", nil},
	{"include", "Include inc/*.conf\nHost web\n Port 40\n", "web", nil},
	{"include in block", "Host other\n Include inc/a.conf\nHost web\n Port 41\n", "web", nil},
	{"block after include", "Host web\n Include inc/b.conf\n Port 42\n", "web", nil},
	{"proxyjump", "Host web\n ProxyJump a@one:2201,two\n", "web", nil},
	{"proxyjump none first", "Host web\n ProxyJump none\nHost *\n ProxyJump one\n", "web", nil},
	{"proxycommand beats later jump", "Host web\n ProxyCommand nc  %h \"%p\" # kept\nHost *\n ProxyJump one\n", "web", nil},
	{"jump beats later command", "Host web\n ProxyJump one\nHost *\n ProxyCommand nc %h %p\n", "web", nil},
	{"proxycommand none", "Host web\n ProxyCommand none\n", "web", nil},
	{"args win", "Host web\n Port 1\n User a\n", "web", []string{"Port=50", "User x"}},
	{"args with quotes", "", "web", []string{"IdentityFile=\"/k/a b\"", "UserKnownHostsFile=/a /b"}},
	{"known hosts list", "UserKnownHostsFile /a \"/b c\"\n", "web", nil},
	{"deprecated spelling", "PubkeyAcceptedKeyTypes +ssh-rsa\nProtocol 2\n", "web", nil},
	{"ignore unknown", "IgnoreUnknown Foo*\nFooBar yes\nPort 60\n", "web", nil},
	{"canonical domains off", "CanonicalizeHostname no\nCanonicalDomains example.org\nMatch canonical\n Port 61\n", "web", nil},
	{"accept-new", "StrictHostKeyChecking accept-new\nServerAliveInterval 15\nServerAliveCountMax 2\n", "web", nil},
}

// TestResolveLikeOpenSSH asks the ssh of this machine the same questions.
func TestResolveLikeOpenSSH(t *testing.T) {
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("this machine has no ssh to compare with")
	}
	for _, c := range resolveCases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := writeTree(t, dir, c.config)
			got, err := testLoader(dir).Resolve(context.Background(), Query{Host: c.host, Options: options(t, c.args), File: path})
			if err != nil {
				t.Fatal(err)
			}
			want := askSSH(t, ssh, path, c.host, c.args)
			for _, keyword := range compared {
				checkKeyword(t, keyword, got, want[keyword])
			}
		})
	}
}

// checkKeyword compares what was set; what was not set is a default of ssh and not the parser's business.
func checkKeyword(t *testing.T, keyword string, got *Config, want []string) {
	t.Helper()
	if keyword == "hostname" {
		if h := Hostname(got, got.Host); len(want) != 1 || want[0] != h {
			t.Errorf("hostname = %q, ssh says %q", h, want)
		}
		return
	}
	var words []string
	for _, v := range got.All(keyword) {
		words = append(words, strings.Join(v.Words, " "))
	}
	if len(words) == 0 || strings.EqualFold(words[0], "none") {
		return
	}
	if g, w := strings.Join(words, "\n"), strings.Join(want, "\n"); !sameAnswer(g, w) {
		t.Errorf("%s = %q, ssh says %q", keyword, g, w)
	}
}

// sameAnswer allows for ssh -G printing yes as true or as another spelling.
func sameAnswer(got, want string) bool {
	if b := map[string]string{"yes": "true", "no": "false"}[want]; b != "" && got == b {
		return true
	}
	return got == want
}

func askSSH(t *testing.T, ssh, path, host string, args []string) map[string][]string {
	t.Helper()
	words := []string{"-G", "-F", path}
	for _, a := range args {
		words = append(words, "-o", a)
	}
	cmd := exec.Command(ssh, append(words, host)...)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(path))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ssh -G: %v: %s", err, stderrOf(err))
	}
	answers := map[string][]string{}
	for _, l := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		k, v, _ := strings.Cut(l, " ")
		answers[k] = append(answers[k], v)
	}
	return answers
}

func writeTree(t *testing.T, dir, config string) string {
	t.Helper()
	inc := filepath.Join(dir, ".ssh", "inc")
	if err := os.MkdirAll(inc, 0o700); err != nil {
		t.Fatal(err)
	}
	config = strings.ReplaceAll(config, "Include inc/", "Include "+inc+"/")
	for name, text := range map[string]string{
		filepath.Join(inc, "a.conf"):         "Host web\n User included\nHost other\n Port 43\n",
		filepath.Join(inc, "b.conf"):         "User bee\nHost nothing\n Port 44\n",
		filepath.Join(dir, ".ssh", "config"): config,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, ".ssh", "config")
}

func testLoader(home string) *Loader {
	return &Loader{
		Home: home, LocalUser: "me", LocalHost: "here.example.org", ReadFile: os.ReadFile,
		LookupEnv: func(string) (string, bool) { return "", false },
		Exec: func(ctx context.Context, command string) bool {
			return exec.CommandContext(ctx, "/bin/sh", "-c", command).Run() == nil
		},
	}
}

func options(t *testing.T, args []string) []Option {
	t.Helper()
	var out []Option
	for _, a := range args {
		o, err := ParseOption(a)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

func TestMistakes(t *testing.T) {
	cases := []struct{ name, config, want string }{
		{"unknown", "Host web\n Prot 22\n", "unknown ssh option \"prot\" (did you mean port?)"},
		{"no value", "Host web\n Port\n", "port has no value"},
		{"too much", "Port 22 23\n", "port takes one value, there is more: \"23\""},
		{"quote", "IdentityFile \"/a b\n", "a quotation mark is not closed"},
		{"match word", "Match hots web\n Port 1\n", "unknown match criterion \"hots\""},
		{"match without value", "Match host\n", "match host has no value"},
		{"match all with more", "Match all host web\n", "match all stands alone"},
		{"match exec token", "Match exec \"test %z\"\n", "unknown sequence %z"},
		{"host without patterns", "Host\n Port 1\n", "host has no value"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := writeTree(t, dir, c.config)
			_, err := testLoader(dir).Resolve(context.Background(), Query{Host: "web"})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path+":") {
				t.Fatalf("error = %v, want %q at %s", err, c.want, path)
			}
		})
	}
}

func TestIncludeLoop(t *testing.T) {
	dir := t.TempDir()
	path := writeTree(t, dir, "")
	if err := os.WriteFile(path, []byte("Include config\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := testLoader(dir).Resolve(context.Background(), Query{Host: "web"})
	if err == nil || !strings.Contains(err.Error(), "include is nested more than 16 deep") {
		t.Fatalf("error = %v", err)
	}
}

func TestCanonicalName(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "CanonicalizeHostname yes\nCanonicalDomains a.example b.example\n"+
		"Host web.b.example\n User canonical\nMatch canonical host *.b.example\n Port 99\n")
	l := testLoader(dir)
	l.Canonical = func(_ context.Context, name string) (string, bool) { return name, name == "web.b.example" }
	c, err := l.Resolve(context.Background(), Query{Host: "web"})
	if err != nil {
		t.Fatal(err)
	}
	if h := Hostname(c, c.Host); h != "web.b.example" || c.Text("user") != "canonical" || c.Text("port") != "99" {
		t.Fatalf("host %q user %q port %q", h, c.Text("user"), c.Text("port"))
	}
}

func TestSystemFileComesSecond(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "Port 1\n")
	system := filepath.Join(dir, "ssh_config")
	if err := os.WriteFile(system, []byte("Port 2\nUser sys\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := testLoader(dir)
	l.SystemFile = system
	c, err := l.Resolve(context.Background(), Query{Host: "web"})
	if err != nil || c.Text("port") != "1" || c.Text("user") != "sys" {
		t.Fatalf("port %q user %q err %v", c.Text("port"), c.Text("user"), err)
	}
	c, err = l.Resolve(context.Background(), Query{Host: "web", File: "none"})
	if err != nil || len(c.Keywords()) != 0 {
		t.Fatalf("with -F none: %v %v", c.Keywords(), err)
	}
}

func TestExpand(t *testing.T) {
	tokens := Tokens{Host: "h", Original: "n", Alias: "k", Jump: "j", Port: "22", User: "r", LocalUser: "u",
		LocalHost: "l.x", Home: "/home/u", LocalID: "1000"}
	env := func(name string) (string, bool) { return "value", name == "SET" }
	cases := []struct{ in, want, err string }{
		{"%h %n %k %j %p %r %u %l %L %d %i %%", "h n k j 22 r u l.x l /home/u 1000 %", ""},
		{"%C", "e261dd11b10a3352a05f8f551749f56078450590", ""},
		{"a${SET}b", "avalueb", ""},
		{"${UNSET}", "", "environment variable UNSET is not set"},
		{"${SET", "", "not closed"},
		{"%q", "", "unknown sequence %q"},
		{"%", "", "incomplete"},
	}
	for _, c := range cases {
		got, err := Expand(c.in, tokens, env)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("Expand(%q) = %q, %v", c.in, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range resolveCases {
		f.Add(c.config, c.host)
	}
	f.Fuzz(func(t *testing.T, config, host string) {
		l := &Loader{Home: "/h", ReadFile: func(path string) ([]byte, error) {
			if strings.HasSuffix(path, "config") {
				return []byte(config), nil
			}
			return nil, os.ErrNotExist
		}}
		c, err := l.Resolve(context.Background(), Query{Host: host})
		if (c == nil) == (err == nil) {
			t.Fatalf("config %v and error %v", c, err)
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("*.example.???", "web.example.org")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if !Match("*", text) || !strings.ContainsAny(text, "*?") && !Match(text, text) {
			t.Fatalf("%q does not match itself", text)
		}
		_ = Match(pattern, text)
	})
}

func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
