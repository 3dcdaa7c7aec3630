package certificates

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type publicKeyParams struct {
	fileParams
	backendParams
	keySource
	Format string `param:"format" choices:"OpenSSH,PEM" default:"PEM" doc:"The form of the file."`
}

// publicKeyInputs is the private key.
type publicKeyInputs struct{ key opened[privateKey] }

// PublicKey writes public keys.
func PublicKey() modules.Module {
	return maker[publicKeyParams, publicKeyInputs]{
		file: func(p publicKeyParams) fileParams { return p.fileParams },
		inputs: func(_ context.Context, r sys.Reader, p publicKeyParams) (publicKeyInputs, error) {
			if p.KeyContent == nil && !exists(r, *p.KeyPath) {
				err := modules.Fail(nil, "The private key %s does not exist", *p.KeyPath)
				return publicKeyInputs{opened[privateKey]{err: err}}, nil
			}
			return publicKeyInputs{openKey(r, p.KeyPath, p.KeyContent, p.KeyPassphrase)}, nil
		},
		stale: func(p publicKeyParams, in publicKeyInputs, content []byte) (freshness, error) {
			key, err := in.key.get()
			if err != nil {
				return good, err
			}
			now, err := parsePublicKey(p.Format, content)
			if err != nil || !equalKeys(now, key.Public()) {
				return remake, nil
			}
			return good, nil
		},
		make: func(p publicKeyParams, in publicKeyInputs, _ []byte) ([]byte, error) {
			key, err := in.key.get()
			if err != nil {
				return nil, err
			}
			return encodePublicKey(p.Format, key.Public())
		},
		show: publicKeyParams.show,
		report: func(p publicKeyParams, in publicKeyInputs, content []byte) modules.Result {
			res := modules.Result{"privatekey": orNull(p.KeyPath), "format": p.Format, "fingerprint": map[string]any{}}
			if in.key.v != nil {
				if der, err := publicDER(in.key.v.Public()); err == nil {
					res["fingerprint"] = fingerprints(der)
				}
			}
			if p.ReturnContent {
				res["publickey"] = textOrNil(content)
			}
			return res
		},
	}.module(modules.Info{
		Name: "openssl_publickey", Summary: "Write the public keys that belong to private ones.", Aliases: []string{"community.crypto.openssl_publickey"},
		Examples: `- name: The public key
  openssl_publickey:
    path: /etc/ssl/www.pub
    privatekey_path: /etc/ssl/private/www.pem
`,
	}, modules.Rules{
		Exclusive: [][]string{{"privatekey_path", "privatekey_content"}},
		If:        []modules.RequiredIf{{Param: "state", Value: "present", Needs: []string{"privatekey_path", "privatekey_content"}, Any: true}},
	}, nil)
}

// parsePublicKey reads a public key in a form, PEM or OpenSSH.
func parsePublicKey(form string, content []byte) (crypto.PublicKey, error) {
	if form == "PEM" {
		block, _ := pem.Decode(content)
		if block == nil {
			return nil, errors.New("no PEM")
		}
		if block.Type == "RSA PUBLIC KEY" {
			return x509.ParsePKCS1PublicKey(block.Bytes)
		}
		return x509.ParsePKIXPublicKey(block.Bytes)
	}
	return parseSSHKey(content)
}

func encodePublicKey(form string, key crypto.PublicKey) ([]byte, error) {
	if form == "PEM" {
		der, err := publicDER(key)
		return []byte(publicPEM(der)), err
	}
	return encodeSSHKey(key)
}

func (p publicKeyParams) show(content []byte) map[string]any {
	if content == nil {
		return map[string]any{}
	}
	key, err := parsePublicKey(p.Format, content)
	if err != nil {
		return map[string]any{"can_parse_key": false}
	}
	return with(describePublicKey(key, fingerprint), "can_parse_key", true)
}

type publicKeyInfoParams struct {
	infoSource
	Content *string `param:"content" doc:"The key itself."`
}

// PublicKeyInfo describes public keys.
func PublicKeyInfo() modules.Module {
	return modules.Query[publicKeyInfoParams]{
		Info: modules.Info{
			Name: "openssl_publickey_info", Summary: "Describe public keys of TLS.", Aliases: []string{"community.crypto.openssl_publickey_info"},
			Examples: `- name: What the public key is
  openssl_publickey_info:
    path: /etc/ssl/www.pub
  register: key
`,
		},
		Rules: infoRules(),
		Run: func(_ context.Context, r sys.Reader, p publicKeyInfoParams) (modules.Result, error) {
			res := modules.Result{"can_load_key": false, "can_parse_key": false, "key_is_consistent": nil}
			data, err := infoContent(r, "public key", p.Path, p.Content, res)
			if err != nil {
				return nil, err
			}
			key, err := parsePublicKey("PEM", data)
			if err != nil {
				return nil, modules.Fail(res, "Error while deserializing key: %s", err)
			}
			for k, v := range describePublicKey(key, fingerprints) {
				res[k] = v
			}
			return res, nil
		},
	}.Module()
}
