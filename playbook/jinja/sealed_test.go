package jinja_test

import (
	"errors"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

// TestSealedValues asks about encrypted values without any secret to open them.
func TestSealedValues(t *testing.T) {
	e := jinja.New(jinja.Options{})
	c := &jinja.Context{
		Scope:   jinja.Map{"secret": value.Vault{Ciphertext: "$ANSIBLE_VAULT;1.1;AES256\n6162"}, "open": "text"},
		Decrypt: func(value.Vault) (string, error) { return "", errors.New("no secret") },
	}
	for src, want := range map[string]string{
		"{{ secret is vault_encrypted }}":                                          "True",
		"{{ open is vault_encrypted }}":                                            "False",
		"{{ secret | type_debug }}":                                                "'AnsibleVaultEncryptedUnicode'",
		"{{ 'x' | vault('pw', wrap_object=true) | type_debug }}":                   "'AnsibleVaultEncryptedUnicode'",
		"{{ 'x' | vault('pw', wrap_object=true) | unvault('pw') }}":                "'x'",
		"{% set v = 'x' | vault('pw', wrap_object=true) %}{{ v | unvault('pw') }}": "'x'",
	} {
		got, err := e.Render(c, tmpl(src))
		if err != nil || value.Repr(got) != want {
			t.Errorf("%s: got %s, %v, want %s", src, value.Repr(got), err, want)
		}
	}
	if _, err := e.Render(c, tmpl("{{ secret | length }}")); err == nil {
		t.Error("a value that cannot be decrypted has a length")
	}
}
