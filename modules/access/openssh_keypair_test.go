package access_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// TestOpensshKeypair runs the real ssh-keygen on a machine in a folder.
func TestOpensshKeypair(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Fatal("ssh-keygen is not here; the test means nothing without it")
	}
	var s sys.System
	keygen := func(args ...string) (sys.Output, error) {
		for i, a := range args {
			if strings.HasPrefix(a, "/") {
				args[i] = filepath.Join(s.Root(), a)
			}
		}
		c := exec.Command("ssh-keygen", args...)
		var out, stderr bytes.Buffer
		c.Stdout, c.Stderr = &out, &stderr
		err := c.Run()
		if c.ProcessState != nil {
			err = nil
		}
		return sys.Output{Code: c.ProcessState.ExitCode(), Stdout: out.Bytes(), Stderr: stderr.Bytes()}, err
	}
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		fake := sys.NewFakeCommands().OnFunc("ssh-keygen", func(c sys.Command) (sys.Output, error) { return keygen(append([]string{}, c.Argv[1:]...)...) })
		return []sys.RootedOption{fake.Option()}, nil
	}
	none := func(_ *testing.T, machine sys.System) { s = machine }
	with := func(args ...string) func(*testing.T, sys.System) {
		return func(t *testing.T, machine sys.System) {
			s = machine
			if out, err := keygen(append(append([]string{}, args...), "-q", "-f", "/key")...); err != nil || out.Code != 0 {
				t.Fatal(err, string(out.Stderr))
			}
		}
	}
	ed25519 := []string{"-N", "", "-t", "ed25519", "-C", "me"}
	args := func(more ...any) map[string]any {
		a := map[string]any{"path": "/key", "type": "ed25519"}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	mode := func(file string, want uint32) func(*testing.T, sys.System, modules.Result) {
		return func(t *testing.T, s sys.System, _ modules.Result) {
			if st, err := s.Lstat(file); err != nil || st.Perm != want {
				t.Errorf("%s: mode %o, %v", file, st.Perm, err)
			}
		}
	}
	cases := []modulestest.Case{
		{Name: "new", Setup: none, Args: args("comment", "me"), Result: map[string]any{"type": "ed25519", "size": 256, "filename": "/key", "comment": "me"}, Check: mode("/key", 0o600),
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/key.pub", "mine\n", 0o644) }},
		{Name: "mode", Setup: none, Args: args("mode", "0400"), Check: mode("/key.pub", 0o400)},
		{Name: "there", Setup: with(ed25519...), Args: args(), Unchanged: true, Result: map[string]any{"comment": "me"}},
		{Name: "public key is gone", Setup: func(t *testing.T, m sys.System) {
			with(ed25519...)(t, m)
			if err := m.Remove("/key.pub"); err != nil {
				t.Fatal(err)
			}
		}, Args: args("comment", "again"), Result: map[string]any{"comment": "again"}},
		{Name: "other type", Setup: with(ed25519...), Args: args("type", "ecdsa", "size", 384), Result: map[string]any{"type": "ecdsa", "size": 384}},
		{Name: "other type, never", Setup: with(ed25519...), Args: args("type", "ecdsa", "regenerate", "never"), Unchanged: true},
		{Name: "other type, fail", Setup: with(ed25519...), Args: args("type", "ecdsa", "regenerate", "fail"), Failed: "Key has wrong type and/or size"},
		{Name: "force", Setup: with(ed25519...), Args: args("force", true), Repeats: true},
		{Name: "with a passphrase", Setup: with("-N", "secret", "-t", "ed25519"), Args: args(), Failed: "Unable to read the key"},
		{Name: "with a passphrase, replaced", Setup: with("-N", "secret", "-t", "ed25519"), Args: args("regenerate", "full_idempotence")},
		{Name: "absent", Setup: with(ed25519...), Args: args("state", "absent")},
		{Name: "absent already", Setup: none, Args: args("state", "absent"), Unchanged: true},
		{Name: "PEM", Setup: none, Args: args("type", "rsa", "size", 1024, "private_key_format", "pkcs1"), Check: func(t *testing.T, s sys.System, _ modules.Result) {
			if b, err := s.ReadFile("/key"); err != nil || !strings.HasPrefix(string(b), "-----BEGIN RSA PRIVATE KEY-----") {
				t.Errorf("%.40s %v", b, err)
			}
		}},
		{Name: "small", Setup: none, Args: args("type", "rsa", "size", 512), Failed: "the minimum size is 1024 bits"},
		{Name: "no folder", Setup: none, Args: args("path", "/no/key"), Failed: "The directory /no does not exist"},
		{Name: "a folder", Setup: none, Args: args("path", "/etc"), Failed: "/etc is a directory"},
		{Name: "passphrase", Setup: none, Args: args("passphrase", "x"), Failed: "not supported"},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, access.OpensshKeypair(), cases)
}
