package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func secrets(t *testing.T, pairs ...string) *Secrets {
	t.Helper()
	s := &Secrets{}
	for i := 0; i < len(pairs); i += 2 {
		if err := s.Add(pairs[i], []byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// The vaults in testdata were written by ansible-vault.
func TestDecryptsWhatAnsibleVaultWrote(t *testing.T) {
	s := secrets(t, "prod", "correct horse", "", "other-pw")
	for name, want := range map[string]string{"v_default": "plain", "v_prod": "plain", "v_big": "big"} {
		got, err := s.Decrypt(read(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got != read(t, want) {
			t.Errorf("%s: wrong text of %d bytes", name, len(got))
		}
	}
	if got, err := s.Decrypt(read(t, "v_empty")); err != nil || got != "" {
		t.Errorf("v_empty: %q, %v", got, err)
	}
}

func TestDecryptTextWithIndentAndCRLF(t *testing.T) {
	s := secrets(t, "", "correct horse")
	text := "  " + strings.ReplaceAll(read(t, "v_prod"), "\n", "\r\n   ") + "\n\n"
	if got, err := s.Decrypt(text); err != nil || got != read(t, "plain") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestLabels(t *testing.T) {
	for name, want := range map[string]string{"v_prod": "prod", "v_default": ""} {
		if e, err := parse(read(t, name)); err != nil || e.id != want {
			t.Errorf("%s has the label %q, %v", name, e.id, err)
		}
	}
	s := secrets(t, "other", "correct horse")
	s.RequireMatch(true)
	if _, err := s.Decrypt(read(t, "v_prod")); !errors.Is(err, ErrNoMatch) {
		t.Errorf("a password with another label was used: %v", err)
	}
}

func TestErrors(t *testing.T) {
	var none *Secrets
	if _, err := none.Decrypt(read(t, "v_prod")); !errors.Is(err, ErrNoSecrets) || !strings.Contains(err.Error(), "prod") {
		t.Errorf("no secrets: %v", err)
	}
	s := secrets(t, "", "hunter2")
	if _, err := s.Decrypt(read(t, "v_prod")); !errors.Is(err, ErrNoMatch) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("wrong password: %v", err)
	}
	good := read(t, "v_default")
	if _, err := s.Decrypt("$ANSIBLE_VAULT;1.1;AES256\n313"); err == nil || !strings.Contains(err.Error(), "Odd-length string") {
		t.Errorf("a digit is missing: %v", err)
	}
	for name, text := range map[string]string{
		"no header":      "hello",
		"short header":   "$ANSIBLE_VAULT;1.1\n00",
		"version":        strings.Replace(good, "1.1", "9.9", 1),
		"cipher":         strings.Replace(good, "AES256", "ROT13", 1),
		"not hex":        strings.Replace(good, "3", "z", 1) + "zz",
		"body cut":       good[:60],
		"no body":        "$ANSIBLE_VAULT;1.1;AES256",
		"inner not hex":  "$ANSIBLE_VAULT;1.1;AES256\n" + "7a0a7a0a7a",
		"empty sections": "$ANSIBLE_VAULT;1.1;AES256\n" + "0a0a",
	} {
		if _, err := s.Decrypt(text); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Add("x", nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty password: %v", err)
	}
}

func TestTamperedVaultIsRefused(t *testing.T) {
	s := secrets(t, "", "correct horse")
	e, err := parse(read(t, "v_default"))
	if err != nil {
		t.Fatal(err)
	}
	e.ciphertext[0] ^= 1
	if _, err := s.Decrypt(e.format()); !errors.Is(err, ErrNoMatch) {
		t.Errorf("changed text: %v", err)
	}
}

func TestEncryptRoundTrip(t *testing.T) {
	s := secrets(t, "dev", "one", "prod", "two")
	for _, plain := range []string{"", "a", strings.Repeat("x", 15), strings.Repeat("x", 16), strings.Repeat("é\n", 5000)} {
		text, err := s.Encrypt(plain, "prod")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(text, "$ANSIBLE_VAULT;1.2;AES256;prod\n") {
			t.Errorf("header %q", strings.SplitN(text, "\n", 2)[0])
		}
		if got, err := secrets(t, "x", "two").Decrypt(text); err != nil || got != plain {
			t.Errorf("%d bytes came back as %d: %v", len(plain), len(got), err)
		}
		if _, err := secrets(t, "prod", "one").Decrypt(text); err == nil {
			t.Error("it was encrypted with the wrong password")
		}
	}
	if _, err := s.Encrypt("x", "nobody"); err == nil {
		t.Error("an unknown label was accepted")
	}
	if _, err := s.Encrypt("x", "a;b"); err == nil {
		t.Error("a label with a semicolon was accepted")
	}
	if _, err := s.Encrypt(read(t, "v_prod"), ""); err == nil {
		t.Error("a vault was encrypted again")
	}
}

func TestIsEncrypted(t *testing.T) {
	for text, want := range map[string]bool{"$ANSIBLE_VAULT;1.1;AES256\n00": true, " $ANSIBLE_VAULT": false, "": false,
		"$ANSIBLE_VAULT;é": false} {
		if got := IsEncrypted([]byte(text)); got != want {
			t.Errorf("IsEncrypted(%q) = %v", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("$ANSIBLE_VAULT;1.1;AES256\n7a0a7a0a7a")
	f.Add("$ANSIBLE_VAULT;1.2;AES256;dev\n30300a30300a3030\n")
	f.Add("$ANSIBLE_VAULT;;")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse(text)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		again, err := parse(e.format())
		if err != nil || string(again.ciphertext) != string(e.ciphertext) || string(again.salt) != string(e.salt) {
			t.Errorf("writing and reading again differs: %v", err)
		}
	})
}
