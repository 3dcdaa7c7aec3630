package become

import (
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport/wire"
)

func TestMake(t *testing.T) {
	run := []string{"/opt/a b/runner", "runner"}
	for _, c := range []struct {
		name     string
		become   wire.Become
		root     bool
		want     []string
		terminal bool
	}{
		{"sudo", wire.Become{Method: "sudo", User: "web"}, false,
			[]string{"sudo", "-H", "-S", "-n", "-u", "web", "--", "/opt/a b/runner", "runner"}, false},
		{"sudo with a password", wire.Become{Method: "sudo", Password: "x"}, false,
			[]string{"sudo", "-H", "-S", "-p", "[muster N] password:", "-u", "root", "--", "/opt/a b/runner", "runner"}, false},
		{"sudo with bundled flags", wire.Become{Method: "sudo", Password: "x", Flags: "-HSn -E --non-interactive"}, false,
			[]string{"sudo", "-HS", "-E", "-p", "[muster N] password:", "-u", "root", "--", "/opt/a b/runner", "runner"}, false},
		{"sudo without -S", wire.Become{Method: "sudo", Password: "x", Flags: "-H"}, false,
			[]string{"sudo", "-H", "-p", "[muster N] password:", "-u", "root", "--", "/opt/a b/runner", "runner"}, true},
		{"another sudo", wire.Become{Method: "sudo", Exe: "env A=1 /usr/local/bin/sudo"}, false,
			[]string{"env", "A=1", "/usr/local/bin/sudo", "-H", "-S", "-n", "-u", "root", "--", "/opt/a b/runner", "runner"}, false},
		{"su", wire.Become{Method: "su", User: "web", Flags: "-l"}, false,
			[]string{"su", "-l", "web", "-c", "exec '/opt/a b/runner' runner"}, false},
		{"su by root", wire.Become{Method: "su", User: "web"}, true,
			[]string{"su", "-s", "/bin/sh", "web", "-c", "exec '/opt/a b/runner' runner"}, false},
		{"su by root with a shell", wire.Become{Method: "su", User: "web", Flags: "-s /bin/ksh"}, true,
			[]string{"su", "-s", "/bin/ksh", "web", "-c", "exec '/opt/a b/runner' runner"}, false},
		{"su with a password", wire.Become{Method: "su", Password: "x"}, false,
			[]string{"su", "root", "-c", "exec '/opt/a b/runner' runner"}, true},
		{"doas", wire.Become{Method: "doas", User: "web"}, false,
			[]string{"doas", "-n", "-u", "web", "--", "/opt/a b/runner", "runner"}, false},
		{"doas with a password", wire.Become{Method: "doas", User: "web", Password: "x", Flags: "-n"}, false,
			[]string{"doas", "-u", "web", "--", "/opt/a b/runner", "runner"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Make(c.become, run, "N", c.root)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Argv, c.want) {
				t.Errorf("got  %q\nwant %q", p.Argv, c.want)
			}
			if p.Terminal != c.terminal {
				t.Errorf("terminal is %v", p.Terminal)
			}
			if c.become.Password != "" && slices.Contains(p.Argv, c.become.Password) {
				t.Error("the password is in argv")
			}
		})
	}
}

func TestMakeRefuses(t *testing.T) {
	for want, b := range map[string]wire.Become{
		"is unknown":    {Method: "runas"},
		"become_flags":  {Method: "sudo", Flags: "'open"},
		"become_exe":    {Method: "sudo", Exe: "'open"},
		"no user name":  {Method: "su", User: "-c"},
		"sudo, su, doa": {Method: ""},
	} {
		if _, err := Make(b, []string{"x"}, "N", false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", b, err, want)
		}
	}
}

func talk(t *testing.T, b wire.Become) *Dialogue {
	t.Helper()
	p, err := Make(b, []string{"/r"}, "N", false)
	if err != nil {
		t.Fatal(err)
	}
	return NewDialogue(p, b.Password)
}

func TestDialogueAnswersOnce(t *testing.T) {
	for _, c := range []struct {
		method string
		prompt []string // in the pieces that arrive
		again  string
	}{
		{"sudo", []string{"We trust you have received\n", "[muster N] pass", "word:"}, "Sorry, try again.\n[muster N] password:"},
		{"sudo", []string{"Password for web@EXAMPLE.ORG: "}, "Password for web@EXAMPLE.ORG: "},
		{"su", []string{"Pass", "word: "}, "\r\nPassword: "},
		{"doas", []string{"doas (web@h1) password: "}, "\r\ndoas (web@h1) password: "},
	} {
		d := talk(t, wire.Become{Method: c.method, Password: "geheim"})
		for i, piece := range c.prompt {
			answer, failure := d.Feed([]byte(piece))
			last := i == len(c.prompt)-1
			if failure != nil || (string(answer) == "geheim\n") != last {
				t.Fatalf("%s: piece %q: answer %q, failure %v", c.method, piece, answer, failure)
			}
		}
		if answer, failure := d.Feed([]byte(c.again)); answer != nil || failure == nil || failure.Kind != wire.KindBecomeWrong {
			t.Errorf("%s: second prompt: answer %q, failure %v", c.method, answer, failure)
		}
	}
}

func TestDialogueWithoutPassword(t *testing.T) {
	d := talk(t, wire.Become{Method: "su"})
	if answer, failure := d.Feed([]byte("Password: ")); answer != nil || failure == nil || failure.Kind != wire.KindBecomeMissing {
		t.Errorf("answer %q, failure %v", answer, failure)
	}
}

func TestDialogueIsNotFooled(t *testing.T) {
	d := talk(t, wire.Become{Method: "sudo", Password: "geheim"})
	for _, said := range []string{"Your password will expire:\n", "things to know:", "\n", "last login: 12:00\n"} {
		if answer, failure := d.Feed([]byte(said)); answer != nil || failure != nil {
			t.Errorf("%q: answer %q, failure %v", said, answer, failure)
		}
	}
}

func TestTextHoldsNoPasswordAndIsBounded(t *testing.T) {
	d := talk(t, wire.Become{Method: "su", Password: "geheim"})
	d.Feed([]byte(strings.Repeat("word ", 10000) + "geheim\x1b[31m\n"))
	if text := d.Text(); strings.Contains(text, "geheim") || len(text) > 4*maxText {
		t.Errorf("%d bytes of text, password in it: %v", len(text), strings.Contains(text, "geheim"))
	}
	if f := d.Timeout("30s"); strings.ContainsAny(f.What, "\x1b\n") {
		t.Errorf("control characters in %q", f.What)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		method, password, said string
		code                   int
		kind, want             string
	}{
		{"sudo", "", "sudo: a password is required\n", 1, wire.KindBecomeMissing, "none was given"},
		{"sudo", "x", "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n", 1, wire.KindBecomeWrong, "is wrong"},
		{"sudo", "x", "web is not in the sudoers file.\n", 1, wire.KindBecome, "does not permit"},
		{"sudo", "", "Sorry, user web is not allowed to execute '/r' as root on h1.\n", 1, wire.KindBecome, "does not permit"},
		{"sudo", "", "sudo: unknown user nobody9\nsudo: error initializing audit plugin\n", 1, wire.KindBecome, "no user root"},
		{"sudo", "", "sudo: unable to execute /r: Permission denied\n", 1, wire.KindBecome, "may not execute"},
		{"sudo", "", "sudo: sorry, you must have a tty to run sudo\n", 1, wire.KindBecome, "terminal"},
		{"su", "x", "\r\nsu: Authentication failure\r\n", 1, wire.KindBecomeWrong, "is wrong"},
		{"su", "", "su: Authentication failure\n", 1, wire.KindBecomeMissing, "none was given"},
		{"su", "", "su: user nobody9 does not exist or the user entry does not contain all the required fields\n", 1, wire.KindBecome, "no user"},
		{"su", "", "su: Permission denied\n", 1, wire.KindBecome, "does not permit"},
		{"su", "", "sh: 1: exec: /root/r: Permission denied\n", 126, wire.KindBecome, "may not execute"},
		{"su", "", "This account is currently not available.\n", 1, wire.KindBecome, "nologin"},
		{"doas", "", "doas: Authentication required\n", 1, wire.KindBecomeMissing, "none was given"},
		{"doas", "x", "doas: Authentication failed\n", 1, wire.KindBecomeWrong, "is wrong"},
		{"doas", "", "doas: Operation not permitted\n", 1, wire.KindBecome, "does not permit"},
		{"doas", "", "Segmentation fault\n", 139, wire.KindBecome, "code 139: Segmentation fault"},
		{"doas", "", "sh: doas: not found\n", 127, wire.KindBecome, "not installed"},
	} {
		d := talk(t, wire.Become{Method: c.method, Password: c.password})
		d.Feed([]byte(c.said))
		f := d.Refused(c.code, nil)
		if f.Kind != c.kind || !strings.Contains(f.What, c.want) {
			t.Errorf("%s %q: %s %q, want %s %q", c.method, c.said, f.Kind, f.What, c.kind, c.want)
		}
	}
}

func FuzzDialogue(f *testing.F) {
	f.Add([]byte("[muster N] password:"), []byte("Sorry, try again.\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		p, err := Make(wire.Become{Method: "sudo", Password: "geheim"}, []string{"/r"}, "N", false)
		if err != nil {
			t.Fatal(err)
		}
		d := NewDialogue(p, "geheim")
		first, _ := d.Feed(a)
		second, _ := d.Feed(b)
		if first != nil && second != nil {
			t.Fatal("answered twice")
		}
		if w := d.Refused(1, nil).What; strings.ContainsAny(w, "\n\x1b") {
			t.Fatalf("control characters in %q", w)
		}
	})
}
