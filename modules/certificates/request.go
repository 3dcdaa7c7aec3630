package certificates

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
)

// extensions are the wanted ones, in the order in which they are written; key is the public one, and nil to only look
// whether the parameters are right.
func (p requestParams) extensions(key crypto.PublicKey) ([]pkix.Extension, error) {
	var list []pkix.Extension
	var errs []error
	add := func(id string, critical bool, der []byte, err error) {
		list = append(list, extension(id, critical, der))
		errs = append(errs, err)
	}
	names := func(texts []string, what string) []generalName {
		out, err := parseGeneralNames(texts, what)
		errs = append(errs, err)
		return out
	}
	if alt := p.altNames(); len(alt) > 0 {
		der, err := nameSequence(sequenceTag, names(alt, "Subject Alternative Name"))
		add(extSubjectAlt, p.AltNamesCritical, der, err)
	}
	if len(p.KeyUsage) > 0 {
		der, err := encodeKeyUsage(p.KeyUsage)
		add(extKeyUsage, p.KeyUsageCritical, der, err)
	}
	if len(p.ExtKeyUsage) > 0 {
		der, err := encodeExtKeyUsage(p.ExtKeyUsage)
		add(extExtKeyUsage, p.ExtKeyUsageCritical, der, err)
	}
	if len(p.Constraints) > 0 {
		der, err := encodeConstraints(p.Constraints)
		add(extConstraints, p.ConstraintsCritical, der, err)
	}
	if p.Staple {
		add(extFeature, p.StapleCritical, mustStaple, nil)
	}
	if len(p.Permitted)+len(p.Excluded) > 0 {
		der, err := encodeNameConstraints(names(p.Permitted, "name constraints permitted"), names(p.Excluded, "name constraints excluded"))
		add(extNames, p.NamesCritical, der, err)
	}
	more, err := p.keyExtensions(key)
	return append(list, more...), errors.Join(append(errs, err)...)
}

// keyExtensions are the extensions that identify keys, and the one about revocation.
func (p requestParams) keyExtensions(key crypto.PublicKey) ([]pkix.Extension, error) {
	var list []pkix.Extension
	id, err := parseIdentifier("subject_key_identifier", p.SubjectKey)
	if err == nil && p.CreateSubjectKey && key != nil {
		id, err = keyIdentifier(key)
	}
	if err != nil {
		return nil, err
	}
	if id != nil {
		e, err := subjectKeyExtension(id)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	authority, given, err := p.authority()
	if err != nil {
		return nil, err
	}
	if given {
		e, err := authority.encode()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	if len(p.CRLPoints) > 0 {
		der, err := encodeCRLPoints(p.CRLPoints)
		if err != nil {
			return nil, err
		}
		list = append(list, extension(extCRL, false, der))
	}
	return list, nil
}

// make writes a request.
func (p requestParams) make(key privateKey) ([]byte, error) {
	alg, err := algorithm(key, p.Digest)
	if err != nil {
		return nil, err
	}
	list, err := p.subject()
	if err != nil {
		return nil, err
	}
	name, err := encodeName(list)
	if err != nil {
		return nil, err
	}
	extensions, err := p.extensions(key.Public())
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{RawSubject: name, ExtraExtensions: extensions, SignatureAlgorithm: alg}, key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// parseRequest reads a request in PEM.
func parseRequest(data []byte) (*x509.CertificateRequest, error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil, errors.New("Unable to load request: there is none in PEM") //nolint:staticcheck // as results say it
		}
		if strings.HasSuffix(block.Type, "CERTIFICATE REQUEST") {
			return x509.ParseCertificateRequest(block.Bytes)
		}
	}
}

// stale compares a request with what is wanted.
func (p requestParams) stale(key opened[privateKey], content []byte) (bool, error) {
	now, err := parseRequest(content)
	if err != nil {
		return true, nil //nolint:nilerr // what cannot be read is made anew
	}
	private, err := key.get()
	if err != nil {
		return false, err
	}
	wanted, err := p.subject()
	if err != nil {
		return false, err
	}
	found, err := decodeName(now.RawSubject)
	if err != nil || !p.sameSubject(wanted, found) {
		return true, nil //nolint:nilerr // as above
	}
	extensions, err := p.extensions(private.Public())
	if err != nil {
		return false, err
	}
	for _, id := range []string{extSubjectAlt, extKeyUsage, extExtKeyUsage, extConstraints, extFeature, extSubjectKey, extAuthorityKey, extNames, extCRL} {
		a, hasA := find(extensions, id)
		b, hasB := find(now.Extensions, id)
		if hasA != hasB || hasA && !sameExtension(canonical(a), canonical(b)) {
			return true, nil
		}
	}
	return now.CheckSignature() != nil || !equalKeys(private.Public(), now.PublicKey), nil
}

// sameSubject compares the parts of names; their order counts where the playbook gives one.
func (p requestParams) sameSubject(wanted, found []attribute) bool {
	if len(p.Ordered) > 0 {
		return slices.EqualFunc(wanted, found, sameAttribute)
	}
	covers := func(a, b []attribute) bool {
		return !slices.ContainsFunc(b, func(x attribute) bool {
			return !slices.ContainsFunc(a, func(y attribute) bool { return sameAttribute(x, y) })
		})
	}
	return covers(wanted, found) && covers(found, wanted)
}

// canonical brings what an extension lists into an order of its own: these lists are sets.
func canonical(e pkix.Extension) pkix.Extension {
	switch e.Id.String() {
	case extSubjectAlt, extExtKeyUsage:
		parts := readNames(e.Value)
		e.Value = joined(parts)
	case extNames:
		permitted, excluded := readNameConstraints(e.Value)
		e.Value = append(append(joined(permitted), 0), joined(excluded)...)
	}
	return e
}

func joined(parts []generalName) []byte {
	slices.SortFunc(parts, func(a, b generalName) int { return strings.Compare(string(a), string(b)) })
	parts = slices.CompactFunc(parts, func(a, b generalName) bool { return string(a) == string(b) })
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// describeRequest describes a request under the keys of Ansible's results.
func describeRequest(r *x509.CertificateRequest, sums digests, enc nameEncoding) map[string]any {
	res := map[string]any{"signature_valid": r.CheckSignature() == nil}
	res["subject"], res["subject_ordered"] = describeName(r.RawSubject)
	describeExtensions(res, r.Extensions, enc)
	describeNameConstraints(res, r.Extensions, enc)
	describeKeyOf(res, r.PublicKey, r.RawSubjectPublicKeyInfo, sums)
	return res
}

// describeKeyOf puts the public key of a request or a certificate into a result.
func describeKeyOf(res map[string]any, key crypto.PublicKey, der []byte, sums digests) {
	res["public_key"] = publicPEM(der)
	res["public_key_type"], res["public_key_data"] = describePublic(key)
	res["public_key_fingerprints"] = sums(der)
}

// show describes a request for a difference.
func showRequest(content []byte) map[string]any {
	if content == nil {
		return map[string]any{}
	}
	r, err := parseRequest(content)
	if err != nil {
		return map[string]any{"can_parse_csr": false}
	}
	return with(describeRequest(r, fingerprint, "ignore"), "can_parse_csr", true)
}

// report is what results about a request hold beside the request.
func (p requestParams) report() modules.Result {
	list, _ := p.subject()
	pairs := []any{}
	for _, a := range list {
		pairs = append(pairs, []any{a.label, a.value})
	}
	return modules.Result{
		"privatekey": orNull(p.KeyPath), "subject": pairs, "subjectAltName": listOrNull(p.altNames()), "keyUsage": listOrNull(p.KeyUsage),
		"extendedKeyUsage": listOrNull(p.ExtKeyUsage), "basicConstraints": listOrNull(p.Constraints), "ocspMustStaple": p.Staple,
		"name_constraints_permitted": append([]string{}, p.Permitted...), "name_constraints_excluded": append([]string{}, p.Excluded...),
	}
}

func listOrNull(list []string) any {
	if list == nil {
		return nil
	}
	return list
}

// sequenceTag is the tag of a sequence.
const sequenceTag = asn1.TagSequence | 0x20
