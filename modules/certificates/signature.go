package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
)

// algorithm is how a key signs with a digest.
func algorithm(key privateKey, digest string) (x509.SignatureAlgorithm, error) {
	var known map[string]x509.SignatureAlgorithm
	switch key.(type) {
	case ed25519.PrivateKey:
		return x509.PureEd25519, nil
	case *rsa.PrivateKey:
		known = map[string]x509.SignatureAlgorithm{"sha1": x509.SHA1WithRSA, "sha256": x509.SHA256WithRSA, "sha384": x509.SHA384WithRSA, "sha512": x509.SHA512WithRSA}
	case *ecdsa.PrivateKey:
		known = map[string]x509.SignatureAlgorithm{"sha1": x509.ECDSAWithSHA1, "sha256": x509.ECDSAWithSHA256, "sha384": x509.ECDSAWithSHA384, "sha512": x509.ECDSAWithSHA512}
	default:
		return 0, errors.New("a key of type X25519 cannot sign")
	}
	alg, ok := known[digest]
	if !ok {
		return 0, fmt.Errorf("Unsupported digest %q", digest) //nolint:staticcheck // the words users know
	}
	return alg, nil
}

// digestsOf are the digests that a way to sign may have, by its identifier.
func digestsOf(algorithm string) []crypto.Hash {
	switch algorithm {
	case "1.2.840.113549.1.1.5", "1.2.840.10045.4.1":
		return []crypto.Hash{crypto.SHA1}
	case "1.2.840.113549.1.1.14", "1.2.840.10045.4.3.1":
		return []crypto.Hash{crypto.SHA224}
	case "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2":
		return []crypto.Hash{crypto.SHA256}
	case "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3":
		return []crypto.Hash{crypto.SHA384}
	case "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4":
		return []crypto.Hash{crypto.SHA512}
	case "1.2.840.113549.1.1.10": // RSASSA-PSS names its digest elsewhere
		return []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA1}
	}
	return nil
}

// signedBy says whether a certificate was signed with a key. It takes old digests, too: it compares, and trusts nothing.
func signedBy(c *certificate, key crypto.PublicKey) bool {
	if key, ok := key.(ed25519.PublicKey); ok {
		return ed25519.Verify(key, c.Signed, c.Signature)
	}
	for _, hash := range digestsOf(c.Algorithm.String()) {
		h := hash.New()
		h.Write(c.Signed)
		sum := h.Sum(nil)
		switch key := key.(type) {
		case *rsa.PublicKey:
			if rsa.VerifyPKCS1v15(key, hash, sum, c.Signature) == nil || rsa.VerifyPSS(key, hash, sum, c.Signature, nil) == nil {
				return true
			}
		case *ecdsa.PublicKey:
			if ecdsa.VerifyASN1(key, sum, c.Signature) {
				return true
			}
		}
	}
	return false
}
