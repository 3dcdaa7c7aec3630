package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"math/big"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type privateKeyInfoParams struct {
	infoSource
	Content     *string `param:"content,secret" doc:"The key itself."`
	Passphrase  *string `param:"passphrase,secret" doc:"What protects the key."`
	ReturnData  bool    `param:"return_private_key_data" default:"false" doc:"Whether the result holds the key's secret numbers."`
	Consistency bool    `param:"check_consistency" default:"false" doc:"Whether to check that the key's numbers belong together; the task fails where they do not."`
}

// PrivateKeyInfo describes private keys.
func PrivateKeyInfo() modules.Module {
	return modules.Query[privateKeyInfoParams]{
		Info: modules.Info{
			Name: "openssl_privatekey_info", Summary: "Describe private keys of TLS.", Aliases: []string{"community.crypto.openssl_privatekey_info"},
			Examples: `- name: What the server's key is
  openssl_privatekey_info:
    path: /etc/ssl/private/www.pem
  register: key
`,
		},
		Rules: infoRules(),
		Run: func(_ context.Context, r sys.Reader, p privateKeyInfoParams) (modules.Result, error) {
			res := modules.Result{"can_load_key": false, "can_parse_key": false, "key_is_consistent": nil}
			data, err := infoContent(r, "private key", p.Path, p.Content, res)
			if err != nil {
				return nil, err
			}
			res["can_load_key"] = true
			key, err := parsePrivateKey(data, p.Passphrase)
			if err != nil {
				return nil, failure(res, err)
			}
			for k, v := range describePrivateKey(key, fingerprints) {
				res[k] = v
			}
			if p.ReturnData {
				res["private_data"] = secretNumbers(key)
			}
			if p.Consistency {
				// A key whose numbers do not belong together is not parsed in the first place.
				res["key_is_consistent"] = true
				if kindOf(key) == kindX25519 {
					res["key_is_consistent"] = nil
				}
			}
			return res, nil
		},
	}.Module()
}

// secretNumbers are the numbers of a private key that are not public.
func secretNumbers(key privateKey) map[string]any {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return map[string]any{"p": key.Primes[0], "q": key.Primes[1], "exponent": key.D}
	case *ecdsa.PrivateKey:
		if b, err := key.Bytes(); err == nil {
			return map[string]any{"multiplier": new(big.Int).SetBytes(b)}
		}
	}
	return map[string]any{}
}
