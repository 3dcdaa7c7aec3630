package certificates

import (
	"context"
	"encoding/base64"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type privateKeyParams struct {
	fileParams
	backendParams
	Type       string  `param:"type" choices:"DSA,ECC,Ed25519,Ed448,RSA,X25519,X448" default:"RSA" doc:"The kind of key; DSA, Ed448 and X448 are not supported."`
	Size       int     `param:"size" default:"4096" doc:"Bits of an RSA key."`
	Curve      *string `param:"curve" choices:"secp224r1,secp256k1,secp256r1,secp384r1,secp521r1,secp192r1,brainpoolP256r1,brainpoolP384r1,brainpoolP512r1,sect163k1,sect163r2,sect233k1,sect233r1,sect283k1,sect283r1,sect409k1,sect409r1,sect571k1,sect571r1" doc:"Curve of an ECC key; secp224r1, secp256r1, secp384r1 and secp521r1 are supported."`
	Passphrase *string `param:"passphrase,secret" doc:"What protects the key."`
	Cipher     *string `param:"cipher" doc:"How the key is encrypted: auto, with a passphrase."`
	Format     string  `param:"format" choices:"pkcs1,pkcs8,raw,auto,auto_ignore" default:"auto_ignore" doc:"The form of the file; auto is pkcs1 for RSA and ECC and pkcs8 for other keys, auto_ignore is the same for new keys and leaves others as they are."`
	Mismatch   string  `param:"format_mismatch" choices:"regenerate,convert" default:"regenerate" doc:"Whether a key in another form is replaced by a new one or written in the wanted form."`
	Regenerate string  `param:"regenerate" choices:"never,fail,partial_idempotence,full_idempotence,always" default:"full_idempotence" doc:"What happens to a key that is not as wanted: never leaves it, fail fails, partial_idempotence makes a new one unless it cannot be read, full_idempotence then too, always makes a new one in any case."`
}

// PrivateKey makes private keys.
func PrivateKey() modules.Module {
	return maker[privateKeyParams, struct{}]{
		file:   func(p privateKeyParams) fileParams { return p.fileParams },
		inputs: func(context.Context, sys.Reader, privateKeyParams) (struct{}, error) { return struct{}{}, nil },
		stale:  privateKeyParams.stale,
		make:   privateKeyParams.make,
		show:   privateKeyParams.show,
		report: privateKeyParams.report,
	}.module(modules.Info{
		Name: "openssl_privatekey", Summary: "Make private keys for TLS.", Aliases: []string{"community.crypto.openssl_privatekey"},
		Notes: "The key is made on the host and stays there. It is in no difference and in no record of the run; the key that a new one " +
			"replaces is kept for undo in the host's journal, which only root can read.",
		Examples: `- name: The server's key
  openssl_privatekey:
    path: /etc/ssl/private/www.pem
    size: 2048
- name: A key on a curve
  openssl_privatekey:
    path: /etc/ssl/private/ec.pem
    type: ECC
    curve: secp384r1
`,
	}, modules.Rules{
		Together: [][]string{{"cipher", "passphrase"}},
		If:       []modules.RequiredIf{{Param: "type", Value: kindECC, Needs: []string{"curve"}}},
	}, validatePrivateKey)
}

func validatePrivateKey(p *privateKeyParams) error {
	if !p.Mode.Given() {
		p.Mode = tree.OctalMode(0o600)
	}
	if p.Force {
		p.Regenerate = "always"
	}
	p.Force = p.Regenerate == "always"
	if p.State == "absent" {
		return nil
	}
	if p.Cipher != nil && *p.Cipher != "auto" && *p.Cipher != "" {
		return modules.Fail(nil, `Cryptography backend can only use "auto" for cipher option.`)
	}
	if err := checkNewKey(p.Type, p.Size, p.Curve); err != nil {
		return err
	}
	_, agile := map[string]bool{kindEd25519: true, kindX25519: true}[p.Type]
	if agile && p.form() == formPKCS1 || !agile && p.form() == formRaw || p.form() == formRaw && p.secret() != "" {
		return cannotSerialize(p.form())
	}
	return nil
}

// form is the one of a new key.
func (p privateKeyParams) form() string {
	switch {
	case p.Format != "auto" && p.Format != "auto_ignore":
		return p.Format
	case p.Type == kindEd25519 || p.Type == kindX25519:
		return formPKCS8
	default:
		return formPKCS1
	}
}

// secret encrypts the key; "" leaves it open.
func (p privateKeyParams) secret() string {
	if p.Cipher == nil || *p.Cipher == "" || p.Passphrase == nil {
		return ""
	}
	return *p.Passphrase
}

// open reads a key's file.
func (p privateKeyParams) open(content []byte) (privateKey, error) {
	if formOf(content) != formRaw {
		return parsePrivateKey(content, p.Passphrase)
	}
	if p.Passphrase != nil && *p.Passphrase != "" {
		return nil, errPassphraseOrNone
	}
	return parseRawKey(content, p.Type)
}

const forceHint = " Will not proceed. To force regeneration, call the module with `generate` set to "

func (p privateKeyParams) stale(_ struct{}, content []byte) (freshness, error) {
	key, err := p.open(content)
	switch {
	case err != nil && p.Regenerate == "full_idempotence":
		return remake, nil
	case err != nil:
		return good, modules.Fail(nil, "Unable to read the key. The key is protected with a another passphrase / no passphrase or broken."+
			forceHint+"`full_idempotence` or `always`, or with `force=true`.")
	}
	formed := p.Format == "auto_ignore" || formOf(content) == p.form()
	wrong := ""
	switch {
	case p.Regenerate == "never":
	case !p.fits(key):
		wrong = "Key has wrong type and/or size." + forceHint + "`partial_idempotence`, `full_idempotence` or `always`, or with `force=true`."
	case p.Mismatch == "regenerate" && !formed:
		wrong = "Key has wrong format." + forceHint + "`partial_idempotence`, `full_idempotence` or `always`, or with `force=true`." +
			" To convert the key, set `format_mismatch` to `convert`."
	}
	switch {
	case wrong != "" && p.Regenerate == "fail":
		return good, modules.Fail(nil, "%s", wrong)
	case wrong != "":
		return remake, nil
	case p.Mismatch == "convert" && !formed:
		return convert, nil
	}
	return good, nil
}

// fits compares a key's kind, and its size or curve.
func (p privateKeyParams) fits(key privateKey) bool {
	kind, data := describePublic(key.Public())
	switch {
	case kind != p.Type:
		return false
	case kind == kindRSA:
		return data["size"] == p.Size
	case kind == kindECC:
		return data["curve"] == *p.Curve
	}
	return true
}

func (p privateKeyParams) make(_ struct{}, now []byte) ([]byte, error) {
	var key privateKey
	var err error
	if now != nil {
		key, err = p.open(now)
	} else {
		key, err = newPrivateKey(p.Type, p.Size, *orEmpty(p.Curve))
	}
	if err != nil {
		return nil, err
	}
	return encodePrivateKey(key, p.form(), p.secret())
}

func orEmpty(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

func (p privateKeyParams) show(content []byte) map[string]any {
	if content == nil {
		return map[string]any{}
	}
	key, err := p.open(content)
	if err != nil {
		return map[string]any{"can_parse_key": false, "key_is_consistent": nil}
	}
	return describePrivateKey(key, fingerprint)
}

func (p privateKeyParams) report(_ struct{}, content []byte) modules.Result {
	res := modules.Result{"type": p.Type, "size": p.Size, "fingerprint": nil}
	if p.Type == kindECC {
		res["curve"] = *orEmpty(p.Curve)
	}
	if key, err := p.open(content); err == nil && content != nil {
		if der, err := publicDER(key.Public()); err == nil {
			res["fingerprint"] = fingerprints(der)
		}
	}
	if p.ReturnContent {
		res["privatekey"] = textOrNil(content)
		if content != nil && formOf(content) == formRaw {
			res["privatekey"] = base64.StdEncoding.EncodeToString(content)
		}
	}
	return res
}
