package certificates

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/youmark/pkcs8"
)

// privateKey is *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey or, for X25519, *ecdh.PrivateKey.
type privateKey interface{ Public() crypto.PublicKey }

// What is said of keys that do not open, in the words that users know.
var (
	errPassphraseOrNone = errors.New("Wrong or empty passphrase provided for private key") //nolint:staticcheck // the words users know
	errPassphrase       = errors.New("Wrong passphrase provided for private key")          //nolint:staticcheck // the words users know
)

// parsePrivateKey reads a private key in PEM. A passphrase must be given just where there is one; nil and "" are none.
func parsePrivateKey(data []byte, passphrase *string) (privateKey, error) {
	block := privateBlock(data)
	if block == nil {
		return nil, errPassphrase
	}
	secret := []byte(nil)
	if passphrase != nil {
		secret = []byte(*passphrase)
	}
	legacy := x509.IsEncryptedPEMBlock(block) //nolint:staticcheck // the form in which Ansible keeps keys with a passphrase
	if (len(secret) > 0) != (legacy || block.Type == "ENCRYPTED PRIVATE KEY") {
		return nil, errPassphraseOrNone
	}
	der := block.Bytes
	if legacy {
		var err error
		if der, err = x509.DecryptPEMBlock(block, secret); err != nil { //nolint:staticcheck // as above
			return nil, errPassphrase
		}
	}
	key, err := parseDER(block.Type, der, secret)
	switch {
	case err != nil && len(secret) > 0:
		return nil, errPassphrase
	case err != nil:
		return nil, err
	}
	own, ok := key.(privateKey)
	if !ok {
		return nil, errors.New("private keys of this kind are not supported")
	}
	return own, nil
}

// privateBlock is the first private key among PEM blocks, such as behind the parameters of a curve.
func privateBlock(data []byte) *pem.Block {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil || strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return block
		}
	}
}

func parseDER(kind string, der, secret []byte) (any, error) {
	switch kind {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(der)
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(der)
	case "ENCRYPTED PRIVATE KEY":
		return pkcs8.ParsePKCS8PrivateKey(der, secret)
	default:
		return nil, errors.New("a " + kind + " is not supported")
	}
}

// parseRawKey reads a key that is nothing but its bytes; kind tells two kinds apart that are equally long.
func parseRawKey(data []byte, kind string) (privateKey, error) {
	if len(data) != ed25519.SeedSize {
		return nil, errors.New("Cannot load raw key") //nolint:staticcheck // the words users know
	}
	if kind == kindEd25519 {
		return ed25519.NewKeyFromSeed(data), nil
	}
	return ecdh.X25519().NewPrivateKey(data)
}

// The forms of private keys.
const (
	formPKCS1 = "pkcs1"
	formPKCS8 = "pkcs8"
	formRaw   = "raw"
)

// formOf says in which form a private key's file is, by its first line.
func formOf(data []byte) string {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	name, begins := strings.CutPrefix(strings.TrimRight(string(first), "\r"), "-----BEGIN ")
	name, ends := strings.CutSuffix(name, "-----")
	switch {
	case !begins || !ends || name == "":
		return formRaw
	case name == "PRIVATE KEY" || name == "ENCRYPTED PRIVATE KEY":
		return formPKCS8
	case strings.HasSuffix(name, " PRIVATE KEY"):
		return formPKCS1
	default:
		return "unknown-pem"
	}
}

// The kinds of keys, by Ansible's names.
const (
	kindRSA     = "RSA"
	kindECC     = "ECC"
	kindDSA     = "DSA"
	kindEd25519 = "Ed25519"
	kindX25519  = "X25519"
)

// kindOf names the kind of a private key.
func kindOf(k privateKey) string {
	switch k.(type) {
	case *rsa.PrivateKey:
		return kindRSA
	case *ecdsa.PrivateKey:
		return kindECC
	case ed25519.PrivateKey:
		return kindEd25519
	default:
		return kindX25519
	}
}
