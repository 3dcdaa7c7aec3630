package certificates

import (
	"context"
	"errors"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type x509Params struct {
	fileParams
	certificateParams
	Provider      *string `param:"provider" choices:"acme,entrust,ownca,selfsigned" doc:"Who signs: selfsigned is the key itself, ownca an authority of one's own; acme and entrust are not supported."`
	ACMEKey       *string `param:"acme_accountkey_path" type:"path" doc:"Not supported."`
	ACMEChallenge *string `param:"acme_challenge_path" type:"path" doc:"Not supported."`
	ACMEChain     bool    `param:"acme_chain" default:"false" doc:"Not supported."`
	ACMEDirectory string  `param:"acme_directory" default:"https://acme-v02.api.letsencrypt.org/directory" doc:"Not supported."`
}

// Certificate makes certificates.
func Certificate() modules.Module {
	rules := certificateRules()
	rules.If = []modules.RequiredIf{{Param: "state", Value: "present", Needs: []string{"provider"}}}
	return maker[x509Params, certificateInputs]{
		file: func(p x509Params) fileParams { return p.fileParams },
		inputs: func(ctx context.Context, r sys.Reader, p x509Params) (certificateInputs, error) {
			return p.certificateParams.inputs(ctx, r, *orEmpty(p.Provider))
		},
		stale: func(p x509Params, in certificateInputs, content []byte) (freshness, error) {
			stale, err := in.stale(content, p.AnyTime)
			if stale {
				return remake, err
			}
			return good, err
		},
		make: func(_ x509Params, in certificateInputs, _ []byte) ([]byte, error) { return in.make() },
		show: func(_ x509Params, content []byte) map[string]any { return showCertificate(content) },
		report: func(p x509Params, in certificateInputs, content []byte) modules.Result {
			res := modules.Result{"privatekey": orNull(p.KeyPath), "csr": orNull(p.CSRPath)}
			if p.ReturnContent {
				res["certificate"] = textOrNil(content)
			}
			if p.State == "present" {
				p.certificateParams.report(res, in, content)
			}
			return res
		},
	}.module(modules.Info{
		Name: "x509_certificate", Summary: "Make certificates for TLS.", Aliases: []string{"community.crypto.x509_certificate"},
		Notes: "The certificate is made on the host, of files that are there. ACME and Entrust need a client of their own.",
		Examples: `- name: A certificate that its own key signs
  x509_certificate:
    path: /etc/ssl/www.crt
    privatekey_path: /etc/ssl/private/www.pem
    csr_path: /etc/ssl/www.csr
    provider: selfsigned
- name: A certificate of our authority
  x509_certificate:
    path: /etc/ssl/app.crt
    csr_path: /etc/ssl/app.csr
    provider: ownca
    ownca_path: /etc/ssl/ca.crt
    ownca_privatekey_path: /etc/ssl/private/ca.pem
    ownca_not_after: +52w
`,
	}, rules, func(p *x509Params) error {
		if p.State == "absent" {
			return nil
		}
		return p.certificateParams.validate(*orEmpty(p.Provider))
	})
}

// report adds what a certificate says, or is going to.
func (p certificateParams) report(res modules.Result, in certificateInputs, content []byte) {
	if in.provider == ownCA {
		res["ca_cert"], res["ca_privatekey"] = orNull(p.CAPath), orNull(p.CAKeyPath)
	}
	res["notBefore"], res["notAfter"], res["serial_number"] = writeTime(in.begin), writeTime(in.end), nil
	if c, err := parseCertificate(content); err == nil {
		res["notBefore"], res["notAfter"], res["serial_number"] = writeTime(c.NotBefore), writeTime(c.NotAfter), c.Serial
	}
}

type x509PipeParams struct {
	certificateParams
	Provider string  `param:"provider,required" choices:"entrust,ownca,selfsigned" doc:"Who signs: selfsigned is the key itself, ownca an authority of one's own; entrust is not supported."`
	Force    bool    `param:"force" default:"false" doc:"Whether to make it anew in any case."`
	Content  *string `param:"content" doc:"The present certificate."`
}

// CertificatePipe makes certificates that no file holds.
func CertificatePipe() modules.Module {
	return modules.Query[x509PipeParams]{
		Info: modules.Info{
			Name: "x509_certificate_pipe", Summary: "Make certificates without a file.", Aliases: []string{"community.crypto.x509_certificate_pipe"},
			Notes: "Nothing on the host changes: changed says that the certificate in the result is another one than content.",
			Examples: `- name: A certificate of our authority
  x509_certificate_pipe:
    provider: ownca
    csr_content: "{{ request.csr }}"
    ownca_path: /etc/ssl/ca.crt
    ownca_privatekey_path: /etc/ssl/private/ca.pem
  register: certificate
`,
		},
		Rules:    certificateRules(),
		Validate: func(p *x509PipeParams) error { return p.validate(p.Provider) },
		Run: func(ctx context.Context, r sys.Reader, p x509PipeParams) (modules.Result, error) {
			in, err := p.inputs(ctx, r, p.Provider)
			if err != nil {
				return nil, err
			}
			res, err := piped(ctx, p.Content, modules.Result{"privatekey": orNull(p.KeyPath), "csr": orNull(p.CSRPath)}, pipe{
				key: "certificate", show: showCertificate, make: in.make,
				stale: func(content []byte) (bool, error) {
					if p.Force {
						return true, nil
					}
					return in.stale(content, p.AnyTime)
				},
			})
			if err != nil {
				return nil, err
			}
			text, _ := res["certificate"].(string)
			p.report(res, in, []byte(text))
			return res, nil
		},
	}.Module()
}

type x509InfoParams struct {
	infoSource
	Content  *string        `param:"content" doc:"The certificate itself."`
	ValidAt  map[string]any `param:"valid_at" doc:"Times by names of one's own: the result says for each whether the certificate is valid then."`
	Encoding string         `param:"name_encoding" choices:"ignore,idna,unicode" default:"ignore" doc:"How host names are written that are not ASCII: as they are, as xn--…, or in their own letters."`
}

// CertificateInfo describes certificates.
func CertificateInfo() modules.Module {
	return modules.Query[x509InfoParams]{
		Info: modules.Info{
			Name: "x509_certificate_info", Summary: "Describe certificates.", Aliases: []string{"community.crypto.x509_certificate_info"},
			Examples: `- name: Is it still good in a month?
  x509_certificate_info:
    path: /etc/ssl/www.crt
    valid_at:
      soon: +4w
  register: certificate
`,
		},
		Rules: infoRules(),
		Run: func(_ context.Context, r sys.Reader, p x509InfoParams) (modules.Result, error) {
			data, err := infoContent(r, "certificate", p.Path, p.Content, nil)
			if err != nil {
				return nil, err
			}
			c, err := parseCertificate(data)
			if err != nil && p.Path != nil && formOf(data) == formRaw {
				if c, err = certificateOf(data); err != nil {
					err = modules.Fail(nil, "Cannot parse DER certificate: %s", err)
				}
			}
			if err != nil {
				return nil, err
			}
			res := modules.Result(describeCertificate(c, fingerprints, nameEncoding(p.Encoding)))
			res["valid_at"], err = validAt(c, p.ValidAt)
			return res, err
		},
	}.Module()
}

// validAt says at which of some times a certificate is valid.
func validAt(c *certificate, times map[string]any) (map[string]any, error) {
	out := map[string]any{}
	now := time.Now()
	for name, v := range times {
		text, ok := v.(string)
		if !ok {
			return nil, errors.New("The value for valid_at." + name + " must be of type string") //nolint:staticcheck // the words users know
		}
		t, err := parseTime(text, "valid_at."+name, now)
		if err != nil {
			return nil, err
		}
		out[name] = !t.Before(c.NotBefore) && !t.After(c.NotAfter)
	}
	return out, nil
}
