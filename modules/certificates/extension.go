package certificates

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The identifiers of extensions.
const (
	extSubjectKey   = "2.5.29.14"
	extKeyUsage     = "2.5.29.15"
	extSubjectAlt   = "2.5.29.17"
	extConstraints  = "2.5.29.19"
	extNames        = "2.5.29.30"
	extCRL          = "2.5.29.31"
	extAuthorityKey = "2.5.29.35"
	extExtKeyUsage  = "2.5.29.37"
	extFeature      = "1.3.6.1.5.5.7.1.24"
	extAuthority    = "1.3.6.1.5.5.7.1.1"
)

// mustStaple is the content of extFeature that demands a stapled answer about revocation.
var mustStaple = []byte{0x30, 3, 2, 1, 5}

func extension(id string, critical bool, value []byte) pkix.Extension {
	oid, _ := parseObjectID(id)
	return pkix.Extension{Id: oid, Critical: critical, Value: value}
}

// find returns the extension of an identifier.
func find(list []pkix.Extension, id string) (pkix.Extension, bool) {
	i := slices.IndexFunc(list, func(e pkix.Extension) bool { return e.Id.String() == id })
	if i < 0 {
		return pkix.Extension{}, false
	}
	return list[i], true
}

// without leaves extensions out.
func without(list []pkix.Extension, ids ...string) []pkix.Extension {
	return slices.DeleteFunc(slices.Clone(list), func(e pkix.Extension) bool { return slices.Contains(ids, e.Id.String()) })
}

func sameExtension(a, b pkix.Extension) bool {
	return a.Id.Equal(b.Id) && a.Critical == b.Critical && bytes.Equal(a.Value, b.Value)
}

// sequence wraps what add writes.
func sequence(tag casn1.Tag, add func(b *cryptobyte.Builder)) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag, add)
	return b.Bytes()
}

func nameSequence(tag casn1.Tag, names []generalName) ([]byte, error) {
	return sequence(tag, func(b *cryptobyte.Builder) { addNames(b, names) })
}

func addNames(b *cryptobyte.Builder, names []generalName) {
	for _, n := range names {
		b.AddBytes(n)
	}
}

// within is the tag [n] of what has parts.
func within(n uint8) casn1.Tag { return casn1.Tag(n).ContextSpecific().Constructed() }

// usage is a bit of extKeyUsage.
type usage struct{ name, short string }

// usages are the bits in their order.
func usages() []usage {
	return []usage{{"Digital Signature", "digitalSignature"}, {"Non Repudiation", "nonRepudiation"}, {"Key Encipherment", "keyEncipherment"},
		{"Data Encipherment", "dataEncipherment"}, {"Key Agreement", "keyAgreement"}, {"Certificate Sign", "keyCertSign"}, {"CRL Sign", "cRLSign"},
		{"Encipher Only", "encipherOnly"}, {"Decipher Only", "decipherOnly"}}
}

// bitList is a string of bits without the zeros at its end.
func bitList(on []bool) asn1.BitString {
	n := len(on)
	for n > 0 && !on[n-1] {
		n--
	}
	b := asn1.BitString{Bytes: make([]byte, (n+7)/8), BitLength: n}
	for i := range n {
		if on[i] {
			b.Bytes[i/8] |= 0x80 >> (i % 8)
		}
	}
	return b
}

func encodeKeyUsage(names []string) ([]byte, error) {
	on := make([]bool, len(usages()))
	for _, name := range names {
		i := slices.IndexFunc(usages(), func(u usage) bool { return u.name == name || u.short == name })
		if i < 0 {
			return nil, fmt.Errorf("Unknown key usage %q", name) //nolint:staticcheck // the words users know
		}
		on[i] = true
	}
	if (on[7] || on[8]) && !on[4] {
		return nil, errors.New("encipher_only and decipher_only can only be true when key_agreement is true")
	}
	return asn1.Marshal(bitList(on))
}

func encodeExtKeyUsage(names []string) ([]byte, error) {
	var ids []asn1.ObjectIdentifier
	for _, name := range names {
		id, err := objectID(name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return asn1.Marshal(ids)
}

// basicConstraints says whether a certificate may sign others, and how long a chain may follow; -1 is any.
type basicConstraints struct {
	CA      bool `asn1:"optional"`
	PathLen int  `asn1:"optional,default:-1"`
}

func encodeConstraints(words []string) ([]byte, error) {
	c := basicConstraints{PathLen: -1}
	for _, w := range words {
		key, v, _ := strings.Cut(w, ":")
		switch {
		case w == "CA:TRUE" || w == "CA:FALSE":
			c.CA = v == "TRUE"
		case key == "CA":
			return nil, fmt.Errorf("Unknown basic constraint value %q for CA", v) //nolint:staticcheck // the words users know
		case key == "pathlen":
			n, err := strconv.Atoi(v)
			if err != nil {
				return nil, fmt.Errorf("Cannot parse path length constraint %q (%w)", v, err) //nolint:staticcheck // the words users know
			}
			c.PathLen = n
		default:
			return nil, fmt.Errorf("Unknown basic constraint %q", w) //nolint:staticcheck // the words users know
		}
	}
	if c.PathLen >= 0 && !c.CA {
		return nil, errors.New("path_length must be None when ca is False")
	}
	return asn1.Marshal(c)
}

func encodeNameConstraints(permitted, excluded []generalName) ([]byte, error) {
	return sequence(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for i, names := range [][]generalName{permitted, excluded} {
			if len(names) == 0 {
				continue
			}
			b.AddASN1(within(uint8(i)), func(b *cryptobyte.Builder) {
				for _, n := range names {
					b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(n) })
				}
			})
		}
	})
}

// keyIdentifier is the usual identifier of a public key: the SHA-1 of its bits.
func keyIdentifier(key crypto.PublicKey) ([]byte, error) {
	der, err := publicDER(key)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:], nil
}

func subjectKeyExtension(id []byte) (pkix.Extension, error) {
	der, err := asn1.Marshal(id)
	return extension(extSubjectKey, false, der), err
}

// authorityKey is the content of extAuthorityKey; what is nil is not in it.
type authorityKey struct {
	id     []byte
	issuer []generalName
	serial *big.Int
}

func (a authorityKey) encode() (pkix.Extension, error) {
	der, err := sequence(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if a.id != nil {
			b.AddASN1(casn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(a.id) })
		}
		if a.issuer != nil {
			b.AddASN1(within(1), func(b *cryptobyte.Builder) { addNames(b, a.issuer) })
		}
		if a.serial != nil {
			var plain cryptobyte.Builder
			plain.AddASN1BigInt(a.serial)
			number, err := plain.Bytes()
			if err != nil {
				b.SetError(err)
				return
			}
			number[0] = 0x82 // the tag [2] in place of an integer's
			b.AddBytes(number)
		}
	})
	return extension(extAuthorityKey, false, der), err
}
