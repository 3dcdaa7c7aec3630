package certificates

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"time"
)

// asked is the subject, the public key and the extensions that a certificate is to have. Without a request it is the
// private key's, with no name.
func (in certificateInputs) asked() (subject []byte, key crypto.PublicKey, extensions []pkix.Extension) {
	if in.csr.v != nil {
		key = in.csr.v.PublicKey
		if in.provider == selfSigned {
			key = in.key.v.Public()
		}
		return in.csr.v.RawSubject, key, in.csr.v.Extensions
	}
	return []byte{0x30, 0}, in.key.v.Public(), nil
}

// issuer is who signs: the name, the key, and the public key.
func (in certificateInputs) issuer() (name []byte, key privateKey) {
	if in.provider == ownCA {
		return in.ca.v.RawSubject, in.caKey.v
	}
	subject, _, _ := in.asked()
	return subject, in.key.v
}

// make writes a certificate.
func (in certificateInputs) make() ([]byte, error) {
	if err := in.ready(); err != nil {
		return nil, err
	}
	subject, key, extensions := in.asked()
	name, with := in.issuer()
	alg, err := algorithm(with, in.digest)
	if err != nil {
		return nil, err
	}
	if extensions, err = in.extensions(key, extensions); err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 159))
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, RawSubject: subject, NotBefore: in.begin, NotAfter: in.end, SignatureAlgorithm: alg, ExtraExtensions: extensions,
	}, &x509.Certificate{RawSubject: name}, key, with)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// extensions are the wanted ones, with those that identify keys.
func (in certificateInputs) extensions(key crypto.PublicKey, list []pkix.Extension) ([]pkix.Extension, error) {
	if in.subjectKey == "always_create" {
		list = without(list, extSubjectKey)
	}
	if in.authorityKey {
		list = without(list, extAuthorityKey)
	}
	list = slices.Clone(list)
	if _, has := find(list, extSubjectKey); !has && in.subjectKey != "never_create" {
		id, err := keyIdentifier(key)
		if err != nil {
			return nil, err
		}
		e, err := subjectKeyExtension(id)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	if in.authorityKey {
		e, err := in.authorityExtension()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// authorityExtension identifies the authority's key, as its own certificate does.
func (in certificateInputs) authorityExtension() (pkix.Extension, error) {
	id := subjectKeyOf(in.ca.v.Extensions)
	if id == nil {
		var err error
		if id, err = keyIdentifier(in.ca.v.PublicKey); err != nil {
			return pkix.Extension{}, err
		}
	}
	return authorityKey{id: id}.encode()
}

// stale compares a certificate with what is wanted; anyTime leaves its times out.
func (in certificateInputs) stale(content []byte, anyTime bool) (bool, error) {
	now, err := parseCertificate(content)
	if err != nil {
		return true, nil //nolint:nilerr // what cannot be read is made anew
	}
	if err := in.ready(); err != nil {
		return false, err
	}
	if in.key.v != nil && !equalKeys(in.key.v.Public(), now.PublicKey) {
		return true, nil
	}
	if !in.asAsked(now) {
		return true, nil
	}
	if !anyTime && (!now.NotBefore.Equal(in.begin) || !now.NotAfter.Equal(in.end)) {
		return true, nil
	}
	name, with := in.issuer()
	if !signedBy(now, with.Public()) {
		return true, nil
	}
	if in.provider != ownCA {
		return false, nil
	}
	if !sameNames(name, now.RawIssuer) {
		return true, nil
	}
	if !in.authorityKey {
		return false, nil
	}
	wanted, err := in.authorityExtension()
	found, has := find(now.Extensions, extAuthorityKey)
	return !has || !bytes.Equal(wanted.Value, found.Value), err
}

// asAsked compares a certificate with its request.
func (in certificateInputs) asAsked(now *certificate) bool {
	if in.csr.v != nil && (in.csr.v.CheckSignature() != nil || !equalKeys(in.csr.v.PublicKey, now.PublicKey)) {
		return false
	}
	subject, key, wanted := in.asked()
	if !sameNames(subject, now.RawSubject) {
		return false
	}
	found := now.Extensions
	if in.subjectKey != "never_create" {
		id := subjectKeyOf(wanted)
		if id == nil || in.subjectKey == "always_create" {
			id, _ = keyIdentifier(key)
		}
		if !bytes.Equal(id, subjectKeyOf(found)) {
			return false
		}
		wanted, found = without(wanted, extSubjectKey), without(found, extSubjectKey)
	}
	if in.authorityKey {
		wanted, found = without(wanted, extAuthorityKey), without(found, extAuthorityKey)
	}
	return len(wanted) == len(found) && !slices.ContainsFunc(found, func(e pkix.Extension) bool {
		w, has := find(wanted, e.Id.String())
		return !has || !sameExtension(w, e)
	})
}

// describeCertificate describes a certificate under the keys of Ansible's results.
func describeCertificate(c *certificate, sums digests, enc nameEncoding) map[string]any {
	res := map[string]any{
		"version": c.Version, "serial_number": c.Serial, "fingerprints": sums(c.Raw), "signature_algorithm": longName(c.Algorithm),
		"not_before": writeTime(c.NotBefore), "not_after": writeTime(c.NotAfter), "expired": c.NotAfter.Before(time.Now()),
		"ocsp_uri": c.access("1.3.6.1.5.5.7.48.1"), "issuer_uri": c.access("1.3.6.1.5.5.7.48.2"),
	}
	res["subject"], res["subject_ordered"] = describeName(c.RawSubject)
	res["issuer"], res["issuer_ordered"] = describeName(c.RawIssuer)
	describeExtensions(res, c.Extensions, enc)
	describeKeyOf(res, c.PublicKey, c.RawKey, sums)
	return res
}

// showCertificate describes a certificate for a difference.
func showCertificate(content []byte) map[string]any {
	if content == nil {
		return map[string]any{}
	}
	c, err := parseCertificate(content)
	if err != nil {
		return map[string]any{"can_parse_certificate": false}
	}
	return with(describeCertificate(c, fingerprint, "ignore"), "can_parse_certificate", true)
}
