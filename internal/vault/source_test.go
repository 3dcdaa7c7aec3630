package vault

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadSecretFromFilesAndScripts(t *testing.T) {
	ctx := t.Context()
	s := &Secrets{}
	plain := write(t, "plain", "correct horse\n", 0o600)
	script := write(t, "ask.sh", "#!/bin/sh\necho talk >&2\necho 'other-pw'\n", 0o700)
	client := write(t, "keyring-client.sh", "#!/bin/sh\n[ \"$1 $2\" = '--vault-id lab' ] || exit 2\necho labpw\n", 0o700)
	sealed, err := secrets(t, "", "correct horse").Encrypt("inner\n", "")
	if err != nil {
		t.Fatal(err)
	}
	nested := write(t, "sealed", sealed, 0o600)
	var talk strings.Builder
	for _, spec := range []string{plain, "dev@" + script, "lab@" + client, "n@" + nested} {
		if err := s.LoadSecret(ctx, spec, Source{Stderr: &talk}); err != nil {
			t.Fatalf("%s: %v", spec, err)
		}
	}
	if got := s.IDs(); !slices.Equal(got, []string{"default", "dev", "lab", "n"}) {
		t.Errorf("ids %v", got)
	}
	var passwords []string
	for _, x := range s.list {
		passwords = append(passwords, string(x.password))
	}
	if want := []string{"correct horse", "other-pw", "labpw", "inner"}; !slices.Equal(passwords, want) {
		t.Errorf("passwords %q", passwords)
	}
	if talk.String() != "talk\n" {
		t.Errorf("the script said %q", talk.String())
	}
}

func TestLoadSecretRefusals(t *testing.T) {
	ctx := t.Context()
	for name, c := range map[string]struct{ spec, want string }{
		"missing":        {"/nonexistent/file", "no such file"},
		"folder":         {"a@" + t.TempDir(), "folder"},
		"empty":          {write(t, "e", "\n", 0o600), "empty"},
		"failing script": {write(t, "f.sh", "#!/bin/sh\necho s3cret\nexit 4\n", 0o700), "exit code 4"},
		"client without": {"x@" + write(t, "c-client", "#!/bin/sh\nexit 2\n", 0o700), `no password for vault id "x"`},
		"no script":      {write(t, "noscript", "just a password", 0o755), "executable bits"},
		"no terminal":    {"a@prompt", "terminal"},
	} {
		err := (&Secrets{}).LoadSecret(ctx, c.spec, Source{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error tells the password", name)
		}
	}
}

func TestPrompts(t *testing.T) {
	ctx := t.Context()
	var asked []string
	answers := []string{"one ", "two", "two", "three", "four"}
	ask := func(q string) (string, error) {
		asked = append(asked, q)
		a := answers[0]
		answers = answers[1:]
		return a, nil
	}
	s := &Secrets{}
	if err := s.LoadSecret(ctx, "dev@prompt", Source{Ask: ask}); err != nil {
		t.Fatal(err)
	}
	if err := s.LoadSecret(ctx, "default@prompt_ask_vault_pass", Source{Ask: ask, New: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.LoadSecret(ctx, "new@prompt", Source{Ask: ask, New: true}); err == nil {
		t.Error("two different passwords were accepted")
	}
	want := []string{"Vault password (dev): ", "New Vault password: ", "Confirm New Vault password: ",
		"New vault password (new): ", "Confirm new vault password (new): "}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	if string(s.list[0].password) != "one" {
		t.Errorf("password %q", s.list[0].password)
	}
}
