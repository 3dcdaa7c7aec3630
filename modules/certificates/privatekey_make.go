package certificates

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/youmark/pkcs8"

	"github.com/musterhq/muster/modules"
)

// curveOf is the curve of a name, nil for one that is not supported.
func curveOf(name string) elliptic.Curve {
	switch name {
	case "secp224r1":
		return elliptic.P224()
	case "secp256r1":
		return elliptic.P256()
	case "secp384r1":
		return elliptic.P384()
	case "secp521r1":
		return elliptic.P521()
	}
	return nil
}

// curveName is the name of a curve of curveOf.
func curveName(c elliptic.Curve) string {
	return map[string]string{"P-224": "secp224r1", "P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1"}[c.Params().Name]
}

// newPrivateKey makes a key; size is in bits and for RSA, curve for ECC.
func newPrivateKey(kind string, size int, curve string) (privateKey, error) {
	switch kind {
	case kindRSA:
		return rsa.GenerateKey(rand.Reader, size)
	case kindECC:
		return ecdsa.GenerateKey(curveOf(curve), rand.Reader)
	case kindX25519:
		return ecdh.X25519().GenerateKey(rand.Reader)
	default:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
}

// encodePrivateKey writes a key in a form, encrypted where there is a passphrase.
func encodePrivateKey(key privateKey, form, passphrase string) ([]byte, error) {
	switch form {
	case formRaw:
		return encodeRaw(key, passphrase)
	case formPKCS8:
		der, err := pkcs8.MarshalPrivateKey(key, []byte(passphrase), nil)
		if err != nil {
			return nil, err
		}
		kind := "PRIVATE KEY"
		if passphrase != "" {
			kind = "ENCRYPTED PRIVATE KEY"
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), nil
	}
	block := &pem.Block{}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		block.Type, block.Bytes = "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			return nil, err
		}
		block.Type, block.Bytes = "EC PRIVATE KEY", der
	default:
		return nil, cannotSerialize(form)
	}
	if passphrase != "" {
		var err error
		block, err = x509.EncryptPEMBlock(rand.Reader, block.Type, block.Bytes, []byte(passphrase), x509.PEMCipherAES256) //nolint:staticcheck // what the form pkcs1 has for it
		if err != nil {
			return nil, err
		}
	}
	return pem.EncodeToMemory(block), nil
}

func encodeRaw(key privateKey, passphrase string) ([]byte, error) {
	if passphrase != "" {
		return nil, cannotSerialize(formRaw)
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return key.Seed(), nil
	case *ecdh.PrivateKey:
		return key.Bytes(), nil
	}
	return nil, cannotSerialize(formRaw)
}

func cannotSerialize(form string) error {
	return modules.Fail(nil, "Cryptography backend cannot serialize the private key in the required format %q", form)
}

// checkNewKey refuses what newPrivateKey cannot make.
func checkNewKey(kind string, size int, curve *string) error {
	switch {
	case kind == kindRSA && size < 1024:
		return fmt.Errorf("size: an RSA key has at least 1024 bits")
	case kind == kindECC && curveOf(*curve) == nil:
		return fmt.Errorf("curve: %s is not supported; those that are: secp224r1, secp256r1, secp384r1 and secp521r1", *curve)
	case kind == kindDSA || kind == "Ed448" || kind == "X448":
		return fmt.Errorf("type: keys of type %s are not supported; use RSA, ECC or Ed25519", kind)
	}
	return nil
}
