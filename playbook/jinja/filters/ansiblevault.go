package filters

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
)

func ansibleVault() map[string]Func {
	return map[string]Func{
		"vault":   Strict("do_vault(data, secret, salt=None, vault_id='filter_default', wrap_object=False, vaultid=None)", vaultFilter),
		"unvault": Strict("do_unvault(vault, secret, vault_id='filter_default', vaultid=None)", unvaultFilter),
	}
}

func vaultSecrets(a *value.Args) (*vault.Secrets, string, error) {
	secret, ok := a.Any("secret").(string)
	if !ok {
		return nil, "", errorf("Secret passed is required to be a string, instead we got: %s", pythonClass(a.Any("secret")))
	}
	id := a.Str("vault_id")
	if a.Any("vaultid") != nil {
		id = a.Str("vaultid")
	}
	var s vault.Secrets
	err := s.Add(id, []byte(secret))
	return &s, id, err
}

func vaultFilter(_ Env, a *value.Args) (any, error) {
	data, ok := a.Any("data").(string)
	if b, isBytes := a.Any("data").(value.Bytes); isBytes {
		data, ok = string(b), true
	}
	if !ok {
		return nil, errorf("Can only vault strings, instead we got: %s", pythonClass(a.Any("data")))
	}
	s, id, err := vaultSecrets(a)
	if err != nil {
		return nil, err
	}
	var text string
	if a.Any("salt") == nil {
		text, err = s.Encrypt(data, id)
	} else {
		text, err = s.EncryptWithSalt(data, id, []byte(a.Str("salt")))
	}
	if err != nil {
		return nil, errorf("Unable to encrypt: %v", err)
	}
	if a.Bool("wrap_object") {
		return value.Vault{Ciphertext: text}, nil
	}
	return text, nil
}

func unvaultFilter(_ Env, a *value.Args) (any, error) {
	var text string
	switch x := a.Any("vault").(type) {
	case string:
		text = x
	case value.Bytes:
		text = string(x)
	case value.Vault:
		text = x.Ciphertext
	default:
		return nil, errorf("Vault should be in the form of a string, instead we got: %s", pythonClass(x))
	}
	s, _, err := vaultSecrets(a)
	if err != nil {
		return nil, err
	}
	if !vault.IsEncrypted([]byte(text)) {
		return text, nil
	}
	plain, err := s.Decrypt(text)
	if err != nil {
		return nil, errorf("Unable to decrypt: %v", err)
	}
	return plain, nil
}
