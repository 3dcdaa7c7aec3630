package sshconfig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRandomConfigurationsLikeOpenSSH asks the ssh of this machine about files that nobody wrote.
func TestRandomConfigurationsLikeOpenSSH(t *testing.T) {
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("this machine has no ssh to compare with")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	empty := &configWriter{Rand: rand.New(rand.NewPCG(0, 0)), t: t, dir: t.TempDir()}
	defaults := askSSH(t, ssh, empty.save("config", ""), "web", nil)
	l := testLoader(me.HomeDir)
	l.LocalUser, l.LocalID = me.Username, me.Uid
	for seed := range uint64(250) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &configWriter{Rand: rand.New(rand.NewPCG(seed, 7)), t: t, dir: t.TempDir()}
			path, host, args := w.save("config", w.block(0)+w.block(0)+w.block(0)), w.name(), w.arguments()
			got, err := l.Resolve(t.Context(), Query{Host: host, Options: options(t, args), File: path})
			if err != nil {
				t.Fatal(err)
			}
			want := askSSH(t, ssh, path, host, args)
			for _, keyword := range slices.Concat(compared, []string{"setenv", "connectionattempts", "hashknownhosts", "forwardx11"}) {
				if g, w := answer(got, keyword, defaults), strings.Join(want[keyword], "\n"); g != w {
					t.Errorf("%s = %q, ssh says %q", keyword, g, w)
				}
			}
			if t.Failed() {
				w.show(host, args)
			}
		})
	}
}

// answer is what ssh -G prints for a keyword where the configuration says what c says.
func answer(c *Config, keyword string, defaults map[string][]string) string {
	if keyword == "hostname" {
		return strings.ToLower(Hostname(c, c.Host))
	}
	var lines []string
	for _, v := range c.All(keyword) {
		if keyword == "setenv" {
			lines = append(lines, v.Words...)
			continue
		}
		lines = append(lines, strings.Join(v.Words, " "))
	}
	text := strings.Join(lines, "\n")
	switch lower := strings.ToLower(text); {
	case text == "":
		return strings.Join(defaults[keyword], "\n")
	case lower == "none" && strings.HasPrefix(keyword, "proxy"):
		return ""
	case keyword == "stricthostkeychecking":
		return orSelf(lower, map[string]string{"yes": "true", "no": "false", "off": "false"})
	case lower == "yes" || lower == "no" || lower == "true":
		return strings.ReplaceAll(lower, "true", "yes")
	}
	if t, err := time.ParseDuration(text); err == nil {
		return fmt.Sprint(int(t.Seconds()))
	}
	return strings.TrimPrefix(text, "ssh://")
}

// orSelf is the other name of a word, or the word where it has none.
func orSelf(word string, names map[string]string) string {
	if other, ok := names[word]; ok {
		return other
	}
	return word
}

// configWriter makes up configuration files: blocks, criteria, includes and ways to write a directive, in any combination.
type configWriter struct {
	*rand.Rand
	t     *testing.T
	dir   string // where it writes
	files []string
}

func (w *configWriter) pick(words ...string) string { return words[w.IntN(len(words))] }

func (w *configWriter) save(name, text string) string {
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.files = append(w.files, path+":\n"+text)
	return path
}

func (w *configWriter) show(host string, args []string) {
	w.t.Logf("host %s, arguments %q", host, args)
	for _, f := range w.files {
		w.t.Log(f)
	}
}

func (w *configWriter) name() string {
	return w.pick("web", "web1", "WEB", "db.example.org", "Db.Example.org", "10.0.0.5", "x", "web.example.org", "fe80::1")
}

func (w *configWriter) pattern() string {
	return w.pick("", "", "", "!") + w.pick("web", "web*", "*.example.org", "?eb", "*", "10.0.0.*", "w*1", "WEB", "db*", "*e*", "**", "web?", "nothing")
}

// several joins a few patterns.
func (w *configWriter) several(separator string) string {
	parts := make([]string, 1+w.IntN(3))
	for i := range parts {
		parts[i] = w.pattern()
	}
	return strings.Join(parts, separator)
}

func (w *configWriter) criterion() string {
	return w.pick("", "", "!") + w.pick(
		"host "+w.several(","), "Host "+w.several(","), "host "+w.several(","), "originalhost "+w.several(","),
		"user "+w.pick("root,deploy", "r*", "!root,*", "deploy", "nobody", "*"), "localuser "+w.pick("root", "nobody", "!root,*", "*"),
		"final", "canonical", "exec "+w.pick("true", "false", `"test %h = web"`, `"test %n = web"`, `"test %p = 22"`, `"test %r = root"`,
			`"test '%u%%' = 'root%%'"`, `"test -d %d && test %i = 0"`))
}

func (w *configWriter) match() string {
	if w.IntN(6) == 0 {
		return w.pick("all", "final all", "canonical all", "All")
	}
	parts := make([]string, 1+w.IntN(3))
	for i := range parts {
		parts[i] = w.criterion()
	}
	return strings.Join(parts, w.pick(" ", "  ", "\t"))
}

// settings are keywords and values for them that ssh accepts.
var settings = []struct {
	keywords, values []string
}{
	{[]string{"HostName"}, []string{"10.9.9.9", "%h.example.org", "web.example.org", "WWW.Example.org", "%h", `"%h"`, "a%%b", "fe80::2"}},
	{[]string{"Port"}, []string{"22", "2222", "1", "65535", `"2200"`}},
	{[]string{"User"}, []string{"root", "deploy", `"a user"`, "first.last", "a@b"}},
	{[]string{"IdentityFile"}, []string{"~/.ssh/id_%r", "/k/%h", `"/k/with blank"`, `/k/a\ b`, "none", "/k/#x", `"/k/#x"`, "/k/%n-%p", "'/k/c d'",
		`/k/a"b"c`, `/k/back\\slash`}},
	{[]string{"IdentitiesOnly", "HashKnownHosts", "ForwardX11", "GSSAPIAuthentication"}, []string{"yes", "no", "YES", "True"}},
	{[]string{"ProxyJump"}, []string{"none", "one", "a@one:2201,two", "ssh://u@one:44", "[fe80::3]:22", "one,two,three@x"}},
	{[]string{"ProxyCommand"}, []string{"none", "nc %h %p", `  nc  "%h"  %p # no remark`, "exec ssh -W %h:%p one", "=odd"}},
	{[]string{"StrictHostKeyChecking"}, []string{"yes", "no", "ask", "accept-new", "off", "Yes"}},
	{[]string{"UserKnownHostsFile"}, []string{"/a", "/a /b", `"/a b" /c`, "/dev/null"}},
	{[]string{"ServerAliveInterval"}, []string{"0", "10", "1m", "1m30s", "2h"}},
	{[]string{"ConnectTimeout"}, []string{"5", "1m", "10s"}},
	{[]string{"CertificateFile"}, []string{"/c/%h-cert.pub", `"/c d"`, "~/x-cert.pub"}},
	{[]string{"SetEnv"}, []string{"A=b", "A=b C=d", `"A=b c"`}},
	{[]string{"PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms", "HostKeyAlgorithms"}, []string{"+ssh-rsa", "-ssh-rsa", "ssh-ed25519"}},
	{[]string{"HostKeyAlias"}, []string{"alias", `"an alias"`}},
	{[]string{"PreferredAuthentications"}, []string{"publickey", "publickey,password", "keyboard-interactive,password"}},
	{[]string{"ForwardAgent", "IdentityAgent"}, []string{"/run/agent.sock", "SSH_AUTH_SOCK", "$SOCK"}},
	{[]string{"NumberOfPasswordPrompts", "ServerAliveCountMax", "ConnectionAttempts"}, []string{"1", "2", "3"}},
}

func (w *configWriter) setting() (keyword, value string) {
	s := settings[w.IntN(len(settings))]
	return w.pick(s.keywords...), w.pick(s.values...)
}

func (w *configWriter) directive() string {
	keyword, value := w.setting()
	line := keyword + w.pick(" ", " ", "\t", "=", " = ", "   ") + value
	if keyword != "ProxyCommand" && keyword != "ProxyJump" { // after ProxyJump ssh takes a remark for a part of none
		line += w.pick("", "", "", "", " # remark", " #remark", "\t# x y")
	}
	if w.IntN(8) == 0 {
		line = strings.ToUpper(keyword) + line[len(keyword):]
	}
	return line + w.pick("", "", "", " ", "\t", "\r")
}

// block writes some lines, and the files that they include.
func (w *configWriter) block(depth int) string {
	var b strings.Builder
	for range 1 + w.IntN(5) {
		switch n := w.IntN(20); {
		case n == 0:
			b.WriteString(w.pick("", "# remark", "   ", "\t# x"))
		case n == 1 && depth < 3:
			b.WriteString(w.include(depth))
		case n < 4:
			b.WriteString(w.pick("Host ", "Host=", "host\t") + w.several(" ") + w.pick("", " # c"))
		case n == 4:
			b.WriteString("Host " + w.pick(`"web"`, "'web'", `"web db.example.org"`, "web,db*", `!"web" *`))
		case n < 8:
			b.WriteString(w.pick("Match ", "match ", "Match\t") + w.match())
		default:
			b.WriteString(w.pick("", " ", "\t", "    ") + w.directive())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// include writes a file and a line that names it. Names are absolute: ssh takes its user's home from the password database,
// which no test can move.
func (w *configWriter) include(depth int) string {
	name := fmt.Sprintf("%d-%d.conf", depth, len(w.files))
	path := w.save(name, w.block(depth+1))
	return "Include " + w.pick(path, path, strings.TrimSuffix(path, "conf")+"*", filepath.Join(w.dir, "missing")+" "+path, `"`+path+`"`,
		path+" "+path, filepath.Join(w.dir, "?-*.nothing"))
}

func (w *configWriter) arguments() []string {
	var out []string
	for range w.IntN(3) {
		keyword, value := w.setting()
		out = append(out, keyword+w.pick("=", " ", " = ")+value)
	}
	return out
}
