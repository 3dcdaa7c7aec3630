package certificates

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// certificateParams say what a certificate is made of.
type certificateParams struct {
	backendParams
	keySource
	CSRPath    *string `param:"csr_path" type:"path" doc:"File of the request."`
	CSRContent *string `param:"csr_content" doc:"The request itself."`
	AnyTime    bool    `param:"ignore_timestamps" default:"true" doc:"Whether other times of validity alone make no new certificate."`

	SelfVersion    int    `param:"selfsigned_version" default:"3" doc:"The version of the certificate: 3."`
	SelfDigest     string `param:"selfsigned_digest" default:"sha256" doc:"The digest for the signature: sha256, sha384, sha512 or sha1."`
	SelfNotBefore  string `param:"selfsigned_not_before" alias:"selfsigned_notBefore" default:"+0s" doc:"When it begins to be valid: YYYYMMDDHHMMSSZ, or from now on such as +2w3d."`
	SelfNotAfter   string `param:"selfsigned_not_after" alias:"selfsigned_notAfter" default:"+3650d" doc:"When it ends to be valid."`
	SelfSubjectKey string `param:"selfsigned_create_subject_key_identifier" choices:"create_if_not_provided,always_create,never_create" default:"create_if_not_provided" doc:"Whether the certificate identifies its key."`

	CAPath          *string `param:"ownca_path" type:"path" doc:"File of the authority's certificate."`
	CAContent       *string `param:"ownca_content" doc:"The authority's certificate itself."`
	CAKeyPath       *string `param:"ownca_privatekey_path" type:"path" doc:"File of the authority's private key."`
	CAKeyContent    *string `param:"ownca_privatekey_content,secret" doc:"The authority's private key itself."`
	CAKeyPassphrase *string `param:"ownca_privatekey_passphrase,secret" doc:"What protects the authority's private key."`
	CAVersion       int     `param:"ownca_version" default:"3" doc:"The version of the certificate: 3."`
	CADigest        string  `param:"ownca_digest" default:"sha256" doc:"The digest for the signature: sha256, sha384, sha512 or sha1."`
	CANotBefore     string  `param:"ownca_not_before" default:"+0s" doc:"When it begins to be valid: YYYYMMDDHHMMSSZ, or from now on such as +2w3d."`
	CANotAfter      string  `param:"ownca_not_after" default:"+3650d" doc:"When it ends to be valid."`
	CASubjectKey    string  `param:"ownca_create_subject_key_identifier" choices:"create_if_not_provided,always_create,never_create" default:"create_if_not_provided" doc:"Whether the certificate identifies its key."`
	CAAuthorityKey  bool    `param:"ownca_create_authority_key_identifier" default:"true" doc:"Whether the certificate identifies the authority's key."`
}

const (
	selfSigned = "selfsigned"
	ownCA      = "ownca"
)

func certificateRules() modules.Rules {
	return modules.Rules{Exclusive: [][]string{{"csr_path", "csr_content"}, {"privatekey_path", "privatekey_content"},
		{"ownca_path", "ownca_content"}, {"ownca_privatekey_path", "ownca_privatekey_content"}}}
}

// signer is what the two providers have in common.
type signer struct {
	provider            string
	version             int
	digest              string
	notBefore, notAfter string
	subjectKey          string
	authorityKey        bool
}

func (p certificateParams) signer(provider string) signer {
	if provider == ownCA {
		return signer{provider, p.CAVersion, p.CADigest, p.CANotBefore, p.CANotAfter, p.CASubjectKey, p.CAAuthorityKey}
	}
	return signer{provider, p.SelfVersion, p.SelfDigest, p.SelfNotBefore, p.SelfNotAfter, p.SelfSubjectKey, false}
}

func (p certificateParams) validate(provider string) error {
	switch provider {
	case selfSigned:
		if p.KeyPath == nil && p.KeyContent == nil {
			return errors.New("One of privatekey_path and privatekey_content must be specified for the selfsigned provider.") //nolint:staticcheck // the words users know
		}
	case ownCA:
		switch {
		case p.CAPath == nil && p.CAContent == nil:
			return errors.New("One of ownca_path and ownca_content must be specified for the ownca provider.") //nolint:staticcheck // the words users know
		case p.CAKeyPath == nil && p.CAKeyContent == nil:
			return errors.New("One of ownca_privatekey_path and ownca_privatekey_content must be specified for the ownca provider.") //nolint:staticcheck // the words users know
		case p.CSRPath == nil && p.CSRContent == nil:
			return errors.New("csr_path or csr_content is required for ownca provider")
		}
	default:
		return fmt.Errorf("provider: %s is not supported; use selfsigned or ownca, or run a client for it with command", provider)
	}
	s := p.signer(provider)
	if s.version == 2 {
		return errors.New("The cryptography backend does not support v2 certificates") //nolint:staticcheck // the words users know
	}
	now := time.Now()
	_, errBefore := parseTime(s.notBefore, provider+"_not_before", now)
	_, errAfter := parseTime(s.notAfter, provider+"_not_after", now)
	return errors.Join(errBefore, errAfter)
}

// certificateInputs is what a certificate is made of.
type certificateInputs struct {
	signer
	key        opened[privateKey] // nil where none is named
	csr        opened[*x509.CertificateRequest]
	ca         opened[*certificate]
	caKey      opened[privateKey]
	begin, end time.Time
}

func (p certificateParams) inputs(_ context.Context, r sys.Reader, provider string) (certificateInputs, error) {
	in := certificateInputs{signer: p.signer(provider)}
	now := time.Now()
	var errBefore, errAfter error
	in.begin, errBefore = parseTime(in.notBefore, provider+"_not_before", now)
	in.end, errAfter = parseTime(in.notAfter, provider+"_not_after", now)
	if p.CSRPath != nil || p.CSRContent != nil {
		in.csr = load(r, "The certificate signing request file %s does not exist", p.CSRPath, p.CSRContent, parseRequest)
	}
	if p.KeyPath != nil || p.KeyContent != nil {
		in.key = load(r, "The private key file %s does not exist", p.KeyPath, p.KeyContent, withPassphrase(p.KeyPassphrase))
	}
	if provider == ownCA {
		in.ca = load(r, "The CA certificate file %s does not exist", p.CAPath, p.CAContent, parseCertificate)
		in.caKey = load(r, "The CA private key file %s does not exist", p.CAKeyPath, p.CAKeyContent, withPassphrase(p.CAKeyPassphrase))
	}
	return in, errors.Join(errBefore, errAfter)
}

func withPassphrase(passphrase *string) func([]byte) (privateKey, error) {
	return func(data []byte) (privateKey, error) { return parsePrivateKey(data, passphrase) }
}

// load reads something from a file or a text; missing says that a file is not there.
func load[T any](r sys.Reader, missing string, file, text *string, parse func([]byte) (T, error)) opened[T] {
	if text == nil && !exists(r, *file) {
		return opened[T]{err: modules.Fail(nil, missing, *file)}
	}
	data, err := source(r, file, text)
	if err != nil {
		return opened[T]{err: err}
	}
	v, err := parse(data)
	return opened[T]{v: v, err: err}
}

// ready says what is wrong with what a certificate is made of.
func (in certificateInputs) ready() error {
	if err := errors.Join(in.csr.err, in.key.err, in.ca.err, in.caKey.err); err != nil {
		return err
	}
	if in.provider == ownCA && !equalKeys(in.caKey.v.Public(), in.ca.v.PublicKey) {
		return modules.Fail(nil, "The CA private key does not belong to the CA certificate")
	}
	return nil
}
