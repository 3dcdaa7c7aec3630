package certificates

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"slices"
	"sort"
	"strconv"
)

// describeExtensions puts what extensions say into a result, under Ansible's keys.
func describeExtensions(res map[string]any, list []pkix.Extension, enc nameEncoding) {
	all := map[string]any{}
	for _, e := range list {
		all[e.Id.String()] = map[string]any{"critical": e.Critical, "value": base64.StdEncoding.EncodeToString(e.Value)}
	}
	res["extensions_by_oid"] = all
	for key, one := range map[string]struct {
		id   string
		read func([]byte) any
	}{
		"key_usage":          {extKeyUsage, readKeyUsage},
		"extended_key_usage": {extExtKeyUsage, readExtKeyUsage},
		"basic_constraints":  {extConstraints, readConstraints},
		"ocsp_must_staple":   {extFeature, readFeature},
		"subject_alt_name":   {extSubjectAlt, func(der []byte) any { return enc.writeAll(readNames(der)) }},
	} {
		e, found := find(list, one.id)
		res[key], res[key+"_critical"] = nil, e.Critical
		if found {
			res[key] = one.read(e.Value)
		}
	}
	describeKeyIdentifiers(res, list, enc)
}

func describeKeyIdentifiers(res map[string]any, list []pkix.Extension, enc nameEncoding) {
	for _, key := range []string{"subject_key_identifier", "authority_key_identifier", "authority_cert_issuer", "authority_cert_serial_number"} {
		res[key] = nil
	}
	if id := subjectKeyOf(list); id != nil {
		res["subject_key_identifier"] = hexColons(id)
	}
	e, found := find(list, extAuthorityKey)
	if !found {
		return
	}
	a := readAuthorityKey(e.Value)
	if a.id != nil {
		res["authority_key_identifier"] = hexColons(a.id)
	}
	if a.issuer != nil {
		res["authority_cert_issuer"] = enc.writeAll(a.issuer)
	}
	if a.serial != nil {
		res["authority_cert_serial_number"] = a.serial
	}
}

// describeNameConstraints is what requests, and not certificates, are described with beyond that.
func describeNameConstraints(res map[string]any, list []pkix.Extension, enc nameEncoding) {
	e, found := find(list, extNames)
	res["name_constraints_permitted"], res["name_constraints_excluded"], res["name_constraints_critical"] = nil, nil, e.Critical
	if found {
		permitted, excluded := readNameConstraints(e.Value)
		res["name_constraints_permitted"], res["name_constraints_excluded"] = enc.writeAll(permitted), enc.writeAll(excluded)
	}
}

func readKeyUsage(der []byte) any {
	var b asn1.BitString
	if _, err := asn1.Unmarshal(der, &b); err != nil {
		return nil
	}
	var names []string
	for i, u := range usages() {
		if b.At(i) == 1 && (i < 7 || b.At(4) == 1) {
			names = append(names, u.name)
		}
	}
	return sorted(names)
}

// sorted is a list for a result.
func sorted(names []string) []any {
	sort.Strings(names)
	out := make([]any, 0, len(names))
	for _, n := range names {
		out = append(out, n)
	}
	return out
}

func readExtKeyUsage(der []byte) any {
	var ids []asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(der, &ids); err != nil {
		return nil
	}
	var names []string
	for _, id := range ids {
		names = append(names, longName(id))
	}
	return sorted(names)
}

func readConstraints(der []byte) any {
	c := basicConstraints{PathLen: -1}
	if _, err := asn1.Unmarshal(der, &c); err != nil {
		return nil
	}
	words := []string{"CA:FALSE"}
	if c.CA {
		words[0] = "CA:TRUE"
	}
	if c.PathLen >= 0 {
		words = append(words, "pathlen:"+strconv.Itoa(c.PathLen))
	}
	return sorted(words)
}

func readFeature(der []byte) any {
	var features []int
	_, err := asn1.Unmarshal(der, &features)
	return err == nil && slices.Contains(features, 5)
}

// readNames reads a sequence of general names.
func readNames(der []byte) []generalName {
	var seq asn1.RawValue
	if _, err := asn1.Unmarshal(der, &seq); err != nil {
		return nil
	}
	return splitNames(seq.Bytes)
}

func splitNames(rest []byte) []generalName {
	var out []generalName
	for len(rest) > 0 {
		var one asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &one); err != nil {
			return out
		}
		out = append(out, one.FullBytes)
	}
	return out
}

func readNameConstraints(der []byte) (permitted, excluded []generalName) {
	for _, part := range readNames(der) {
		var list asn1.RawValue
		if _, err := asn1.Unmarshal(part, &list); err != nil {
			return permitted, excluded
		}
		var names []generalName
		for _, tree := range splitNames(list.Bytes) {
			if parts := readNames(tree); len(parts) > 0 {
				names = append(names, parts[0])
			}
		}
		if list.Tag == 0 {
			permitted = names
		} else {
			excluded = names
		}
	}
	return permitted, excluded
}

// subjectKeyOf is the identifier in extSubjectKey; nil where there is none.
func subjectKeyOf(list []pkix.Extension) []byte {
	e, _ := find(list, extSubjectKey)
	var id []byte
	if _, err := asn1.Unmarshal(e.Value, &id); err != nil {
		return nil
	}
	return id
}

func readAuthorityKey(der []byte) authorityKey {
	var a authorityKey
	for _, part := range readNames(der) {
		var one asn1.RawValue
		if _, err := asn1.Unmarshal(part, &one); err != nil {
			return a
		}
		switch one.Tag {
		case 0:
			a.id = one.Bytes
		case 1:
			a.issuer = splitNames(one.Bytes)
		case 2:
			a.serial = new(big.Int).SetBytes(one.Bytes)
		}
	}
	return a
}
