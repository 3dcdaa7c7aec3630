package certificates

import (
	"errors"
	"fmt"
	"slices"

	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// crlPoint says where lists of revoked certificates are.
type crlPoint struct {
	FullName     []string `param:"full_name" elements:"str" doc:"Names of the place, such as URI:http://ca.example.org/crl."`
	RelativeName []string `param:"relative_name" elements:"str" doc:"The place's name below the issuer's, such as CN=crl."`
	CRLIssuer    []string `param:"crl_issuer" elements:"str" doc:"Who issues the list."`
	Reasons      []string `param:"reasons" elements:"str" choices:"key_compromise,ca_compromise,affiliation_changed,superseded,cessation_of_operation,certificate_hold,privilege_withdrawn,aa_compromise" doc:"Why certificates are on the list."`
}

func (p crlPoint) check() error {
	switch {
	case p.FullName != nil && p.RelativeName != nil:
		return errors.New("parameters are mutually exclusive: full_name|relative_name found in crl_distribution_points")
	case p.FullName == nil && p.RelativeName == nil && p.CRLIssuer == nil:
		return errors.New("one of the following is required: full_name, relative_name, crl_issuer found in crl_distribution_points")
	case p.FullName != nil && len(p.FullName) == 0:
		return errors.New("full_name must not be empty")
	case p.RelativeName != nil && len(p.RelativeName) == 0:
		return errors.New("relative_name must not be empty")
	case p.CRLIssuer != nil && len(p.CRLIssuer) == 0:
		return errors.New("crl_issuer must not be empty")
	}
	return nil
}

// encode writes the point.
func (p crlPoint) encode() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	full, err := parseGeneralNames(p.FullName, "full name")
	if err != nil {
		return nil, err
	}
	issuer, err := parseGeneralNames(p.CRLIssuer, "CRL issuer")
	if err != nil {
		return nil, err
	}
	relative, err := p.relative()
	if err != nil {
		return nil, err
	}
	return sequence(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if full != nil || relative != nil {
			b.AddASN1(within(0), func(b *cryptobyte.Builder) {
				if full != nil {
					b.AddASN1(within(0), func(b *cryptobyte.Builder) { addNames(b, full) })
					return
				}
				b.AddASN1(within(1), func(b *cryptobyte.Builder) { b.AddBytes(relative) })
			})
		}
		if p.Reasons != nil {
			bits := p.reasons()
			b.AddASN1(casn1.Tag(1).ContextSpecific(), func(b *cryptobyte.Builder) {
				b.AddUint8(uint8(len(bits.Bytes)*8 - bits.BitLength))
				b.AddBytes(bits.Bytes)
			})
		}
		if issuer != nil {
			b.AddASN1(within(2), func(b *cryptobyte.Builder) { addNames(b, issuer) })
		}
	})
}

// relative is the content of a set of attributes.
func (p crlPoint) relative() ([]byte, error) {
	if p.RelativeName == nil {
		return nil, nil
	}
	var set pkix.RelativeDistinguishedNameSET
	for _, text := range p.RelativeName {
		a, _, err := parsePart(text, 0)
		if err != nil {
			return nil, fmt.Errorf("Error while parsing relative distinguished name %q: %w", text, err) //nolint:staticcheck // the words users know
		}
		set = append(set, a.raw())
	}
	der, err := asn1.Marshal(set)
	if err != nil {
		return nil, err
	}
	var inner asn1.RawValue
	_, err = asn1.Unmarshal(der, &inner)
	return inner.Bytes, err
}

func (p crlPoint) reasons() asn1.BitString {
	order := []string{"unused", "key_compromise", "ca_compromise", "affiliation_changed", "superseded", "cessation_of_operation",
		"certificate_hold", "privilege_withdrawn", "aa_compromise"}
	on := make([]bool, len(order))
	for i, name := range order {
		on[i] = slices.Contains(p.Reasons, name)
	}
	return bitList(on)
}

func encodeCRLPoints(points []crlPoint) ([]byte, error) {
	var all [][]byte
	for i, p := range points {
		der, err := p.encode()
		if err != nil {
			return nil, fmt.Errorf("Error while parsing CRL distribution point #%d: %w", i, err) //nolint:staticcheck // the words users know
		}
		all = append(all, der)
	}
	return sequence(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, der := range all {
			b.AddBytes(der)
		}
	})
}
