package certificates

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
)

// requestParams are the parameters that say what a signing request holds.
type requestParams struct {
	backendParams
	keySource
	Digest  string `param:"digest" default:"sha256" doc:"The digest for the signature: sha256, sha384, sha512 or sha1."`
	Version int    `param:"version" default:"1" doc:"Accepted for Ansible's sake: requests have version 1."`

	Subject  map[string]any   `param:"subject" doc:"Parts of the subject's name by their names; a part may have a list of values. They come in the usual order, subject_ordered gives another one."`
	Ordered  []map[string]any `param:"subject_ordered" elements:"dict" doc:"Parts of the subject's name in their order, each a mapping with one key."`
	Country  *string          `param:"country_name" alias:"C,countryName" doc:"The subject's country, two letters."`
	Province *string          `param:"state_or_province_name" alias:"ST,stateOrProvinceName" doc:"The subject's state or province."`
	Locality *string          `param:"locality_name" alias:"L,localityName" doc:"The subject's place."`
	Org      *string          `param:"organization_name" alias:"O,organizationName" doc:"The subject's organization."`
	Unit     *string          `param:"organizational_unit_name" alias:"OU,organizationalUnitName" doc:"The subject's unit of the organization."`
	Common   *string          `param:"common_name" alias:"CN,commonName" doc:"The subject's common name."`
	Email    *string          `param:"email_address" alias:"E,emailAddress" doc:"The subject's address for mail."`

	AltNames         []string `param:"subject_alt_name" alias:"subjectAltName" elements:"str" doc:"Further names of the subject, such as DNS:www.example.org, IP:192.0.2.1, email:, URI:, RID:, dirName: and otherName:."`
	AltNamesCritical bool     `param:"subject_alt_name_critical" alias:"subjectAltName_critical" default:"false" doc:"Whether who does not know that extension must refuse the certificate."`
	CommonAsAlt      bool     `param:"use_common_name_for_san" alias:"useCommonNameForSAN" default:"true" doc:"Whether the common name becomes the further name where none is given."`

	KeyUsage            []string `param:"key_usage" alias:"keyUsage" elements:"str" doc:"What the key may be used for, such as digitalSignature."`
	KeyUsageCritical    bool     `param:"key_usage_critical" alias:"keyUsage_critical" default:"false" doc:"Whether that is critical."`
	ExtKeyUsage         []string `param:"extended_key_usage" alias:"extKeyUsage,extendedKeyUsage" elements:"str" doc:"What the certificate may be used for, such as serverAuth, or an object identifier."`
	ExtKeyUsageCritical bool     `param:"extended_key_usage_critical" alias:"extKeyUsage_critical,extendedKeyUsage_critical" default:"false" doc:"Whether that is critical."`
	Constraints         []string `param:"basic_constraints" alias:"basicConstraints" elements:"str" doc:"CA:TRUE or CA:FALSE, and pathlen:N."`
	ConstraintsCritical bool     `param:"basic_constraints_critical" alias:"basicConstraints_critical" default:"false" doc:"Whether that is critical."`
	Staple              bool     `param:"ocsp_must_staple" alias:"ocspMustStaple" default:"false" doc:"Whether a server must answer for the certificate's revocation itself."`
	StapleCritical      bool     `param:"ocsp_must_staple_critical" alias:"ocspMustStaple_critical" default:"false" doc:"Whether that is critical."`

	Permitted     []string `param:"name_constraints_permitted" elements:"str" doc:"Names that the authority may sign for."`
	Excluded      []string `param:"name_constraints_excluded" elements:"str" doc:"Names that the authority may not sign for."`
	NamesCritical bool     `param:"name_constraints_critical" default:"false" doc:"Whether that is critical."`

	CreateSubjectKey bool       `param:"create_subject_key_identifier" default:"false" doc:"Whether the request holds an identifier of its key."`
	SubjectKey       *string    `param:"subject_key_identifier" doc:"The identifier of the key, in hexadecimal with colons."`
	AuthorityKey     *string    `param:"authority_key_identifier" doc:"The identifier of the authority's key, in hexadecimal with colons."`
	AuthorityIssuer  []string   `param:"authority_cert_issuer" elements:"str" doc:"Names of the issuer of the authority's certificate."`
	AuthoritySerial  *int       `param:"authority_cert_serial_number" doc:"The number of the authority's certificate."`
	CRLPoints        []crlPoint `param:"crl_distribution_points" elements:"dict" doc:"Where lists of revoked certificates are."`
}

func requestRules() modules.Rules {
	return modules.Rules{
		Together:  [][]string{{"authority_cert_issuer", "authority_cert_serial_number"}},
		Exclusive: [][]string{{"privatekey_path", "privatekey_content"}, {"subject", "subject_ordered"}},
	}
}

func (p requestParams) validate() error {
	switch {
	case p.CreateSubjectKey && p.SubjectKey != nil:
		return errors.New("subject_key_identifier cannot be specified if create_subject_key_identifier is true")
	case p.Version != 1:
		return fmt.Errorf("value of version must be one of: 1, got: %d", p.Version)
	}
	if _, err := p.subject(); err != nil {
		return err
	}
	_, err := p.extensions(nil)
	return err
}

// subject is the wanted name.
func (p requestParams) subject() ([]attribute, error) {
	var pairs [][2]string
	for _, one := range []struct {
		label string
		value *string
	}{{"C", p.Country}, {"ST", p.Province}, {"L", p.Locality}, {"O", p.Org}, {"OU", p.Unit}, {"CN", p.Common}, {"emailAddress", p.Email}} {
		if one.value != nil && *one.value != "" {
			pairs = append(pairs, [2]string{one.label, *one.value})
		}
	}
	if len(p.Ordered) > 0 && len(pairs) > 0 {
		return nil, errors.New("subject_ordered cannot be combined with any other subject field")
	}
	more, err := namePairs(p.Subject, "subject")
	if err != nil {
		return nil, err
	}
	pairs = append(pairs, more...)
	for i, entry := range p.Ordered {
		if len(entry) != 1 {
			return nil, fmt.Errorf("Entry #%d in subject_ordered must be a dictionary with exactly one key-value pair", i+1) //nolint:staticcheck // the words users know
		}
		more, err := namePairs(entry, "subject_ordered")
		if err != nil {
			return nil, fmt.Errorf("Error while processing entry #%d in subject_ordered: %w", i+1, err) //nolint:staticcheck // the words users know
		}
		pairs = append(pairs, more...)
	}
	list := []attribute{}
	for _, pair := range pairs {
		a, err := newAttribute(pair[0], pair[1])
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// usualOrder is the one in which parts of a name come that a mapping gives.
var usualOrder = []string{"2.5.4.6", "2.5.4.8", "2.5.4.7", "2.5.4.10", "2.5.4.11", "2.5.4.3", "1.2.840.113549.1.9.1"}

// namePairs lists the parts of a mapping; a part may have several values.
func namePairs(m map[string]any, where string) ([][2]string, error) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	rank := func(k string) int {
		id, _ := objectID(k)
		if i := slices.Index(usualOrder, id.String()); i >= 0 {
			return i
		}
		return len(usualOrder)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if x, y := rank(a), rank(b); x != y {
			return x - y
		}
		return strings.Compare(a, b)
	})
	var pairs [][2]string
	for _, k := range keys {
		values, isList := m[k].([]any)
		if !isList {
			values = []any{m[k]}
		}
		for _, v := range values {
			text, ok := v.(string)
			switch {
			case !ok && isList:
				return nil, fmt.Errorf("Values %s in %s must be strings", k, where) //nolint:staticcheck // the words users know
			case !ok:
				return nil, fmt.Errorf("Value for %s in %s must be either a string or a list of strings", k, where) //nolint:staticcheck // the words users know
			case text == "":
				return nil, fmt.Errorf("Value for %s in %s must not be an empty string", k, where) //nolint:staticcheck // the words users know
			}
			pairs = append(pairs, [2]string{k, text})
		}
	}
	return pairs, nil
}

// altNames are the further names, or else the common one.
func (p requestParams) altNames() []string {
	if len(p.AltNames) > 0 || !p.CommonAsAlt {
		return p.AltNames
	}
	list, _ := p.subject()
	for _, a := range list {
		if a.label == "CN" || a.label == "commonName" {
			return []string{"DNS:" + a.value}
		}
	}
	return p.AltNames
}

func parseIdentifier(name string, text *string) ([]byte, error) {
	if text == nil {
		return nil, nil
	}
	b, err := hex.DecodeString(strings.ReplaceAll(*text, ":", ""))
	if err != nil {
		return nil, fmt.Errorf("Cannot parse %s: Non-hexadecimal digit found", name) //nolint:staticcheck // the words users know
	}
	return b, nil
}

// authority is what names the authority's key; given says whether something does.
func (p requestParams) authority() (a authorityKey, given bool, err error) {
	if a.id, err = parseIdentifier("authority_key_identifier", p.AuthorityKey); err != nil {
		return a, false, err
	}
	if a.issuer, err = parseGeneralNames(p.AuthorityIssuer, "authority cert issuer"); err != nil {
		return a, false, err
	}
	if p.AuthoritySerial != nil {
		a.serial = big.NewInt(int64(*p.AuthoritySerial))
	}
	return a, a.id != nil || a.issuer != nil || a.serial != nil, nil
}
