package tests

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

func addresses() map[string]filters.Func {
	return map[string]filters.Func{
		"uri": filters.Strict("is_uri(value, schemes=None)", func(_ filters.Env, a *value.Args) (any, error) {
			_, ok := isURI(a.Any("value"), a.Any("schemes"))
			return ok, nil
		}),
		"url": filters.Strict("is_url(value, schemes=None)", func(_ filters.Env, a *value.Args) (any, error) {
			parts, ok := isURI(a.Any("value"), a.Any("schemes"))
			return ok && (value.Truth(field(parts, "netloc")) || field(parts, "scheme") == "file"), nil
		}),
		"urn": filters.Strict("is_urn(value)", func(_ filters.Env, a *value.Args) (any, error) {
			_, ok := isURI(a.Any("value"), value.NewList("urn"))
			return ok, nil
		}),
	}
}

func isURI(v, schemes any) (*value.Dict, bool) {
	s, ok := v.(string)
	if !ok {
		return nil, v == nil && !value.Truth(schemes)
	}
	parts, _ := filters.URLParts(s)
	if parts == nil {
		return nil, false
	}
	if !value.Truth(schemes) {
		return parts, true
	}
	known, err := value.Contains(schemes, field(parts, "scheme"))
	return parts, err == nil && known
}

func vaults() map[string]filters.Func {
	return map[string]filters.Func{
		"vault_encrypted": is("vault_encrypted", func(v any) bool {
			x, ok := v.(value.Vault)
			return ok && vault.IsEncrypted([]byte(x.Ciphertext))
		}),
		"vaulted_file": filters.Strict("vaulted_file(path)", func(_ filters.Env, a *value.Args) (any, error) {
			return encryptedFile(a.Text("path"))
		}),
	}
}
