package certificates

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"time"
)

// certificate is what a certificate says. It is read more leniently than crypto/x509 does: a certificate that somebody uses must
// not be taken for broken, and made anew, because of an extension that is written oddly.
type certificate struct {
	Raw, Signed           []byte // all of it, and the part that is signed
	Version               int
	Serial                *big.Int
	Algorithm             asn1.ObjectIdentifier // of the signature
	Signature             []byte
	RawIssuer, RawSubject []byte
	NotBefore, NotAfter   time.Time
	RawKey                []byte
	PublicKey             crypto.PublicKey // nil where its kind is not known
	Extensions            []pkix.Extension
}

// outerCertificate and innerCertificate are the parts of a certificate by RFC 5280.
type outerCertificate struct {
	Inner     innerCertificate
	Algorithm pkix.AlgorithmIdentifier
	Signature asn1.BitString
}

type innerCertificate struct {
	Raw        asn1.RawContent
	Version    int `asn1:"optional,explicit,default:0,tag:0"`
	Serial     *big.Int
	Algorithm  pkix.AlgorithmIdentifier
	Issuer     asn1.RawValue
	Validity   struct{ NotBefore, NotAfter time.Time }
	Subject    asn1.RawValue
	Key        asn1.RawValue
	IssuerID   asn1.BitString   `asn1:"optional,tag:1"`
	SubjectID  asn1.BitString   `asn1:"optional,tag:2"`
	Extensions []pkix.Extension `asn1:"omitempty,optional,explicit,tag:3"`
}

// parseCertificate reads the first certificate in PEM.
func parseCertificate(data []byte) (*certificate, error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil, errors.New("Unable to load certificate: there is none in PEM") //nolint:staticcheck // as results say it
		}
		if strings.HasSuffix(block.Type, "CERTIFICATE") {
			return certificateOf(block.Bytes)
		}
	}
}

// certificateOf reads a certificate in DER.
func certificateOf(der []byte) (*certificate, error) {
	var outer outerCertificate
	rest, err := asn1.Unmarshal(der, &outer)
	if err != nil || len(rest) > 0 {
		return nil, errors.Join(err, errTrailing(rest))
	}
	in := outer.Inner
	c := &certificate{
		Raw: der, Signed: in.Raw, Version: in.Version + 1, Serial: in.Serial, Algorithm: outer.Algorithm.Algorithm, Signature: outer.Signature.RightAlign(),
		RawIssuer: in.Issuer.FullBytes, RawSubject: in.Subject.FullBytes, NotBefore: in.Validity.NotBefore, NotAfter: in.Validity.NotAfter,
		RawKey: in.Key.FullBytes, Extensions: in.Extensions,
	}
	c.PublicKey, _ = x509.ParsePKIXPublicKey(c.RawKey) // a key of another kind is no mistake
	return c, nil
}

// access is the first address for a kind of access to the issuer, such as OCSP; nil where there is none.
func (c *certificate) access(kind string) any {
	e, _ := find(c.Extensions, extAuthority)
	var list []struct {
		Kind  asn1.ObjectIdentifier
		Place asn1.RawValue
	}
	if _, err := asn1.Unmarshal(e.Value, &list); err != nil {
		return nil
	}
	for _, a := range list {
		if a.Kind.String() == kind && a.Place.Tag == tagURI {
			return string(a.Place.Bytes)
		}
	}
	return nil
}
