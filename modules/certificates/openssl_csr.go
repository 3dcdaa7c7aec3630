package certificates

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type csrParams struct {
	fileParams
	requestParams
}

// CSR makes signing requests.
func CSR() modules.Module {
	rules := requestRules()
	rules.If = []modules.RequiredIf{{Param: "state", Value: "present", Needs: []string{"privatekey_path", "privatekey_content"}, Any: true}}
	return maker[csrParams, opened[privateKey]]{
		file: func(p csrParams) fileParams { return p.fileParams },
		inputs: func(_ context.Context, r sys.Reader, p csrParams) (opened[privateKey], error) {
			return openKey(r, p.KeyPath, p.KeyContent, p.KeyPassphrase), nil
		},
		stale: func(p csrParams, key opened[privateKey], content []byte) (freshness, error) {
			stale, err := p.stale(key, content)
			if stale {
				return remake, err
			}
			return good, err
		},
		make: func(p csrParams, key opened[privateKey], _ []byte) ([]byte, error) {
			private, err := key.get()
			if err != nil {
				return nil, err
			}
			return p.requestParams.make(private)
		},
		show: func(_ csrParams, content []byte) map[string]any { return showRequest(content) },
		report: func(p csrParams, _ opened[privateKey], content []byte) modules.Result {
			res := p.requestParams.report()
			if p.ReturnContent {
				res["csr"] = textOrNil(content)
			}
			return res
		},
	}.module(modules.Info{
		Name: "openssl_csr", Summary: "Make requests for certificates to be signed.", Aliases: []string{"community.crypto.openssl_csr"},
		Examples: `- name: A request for the server
  openssl_csr:
    path: /etc/ssl/www.csr
    privatekey_path: /etc/ssl/private/www.pem
    common_name: www.example.org
    subject_alt_name: ["DNS:www.example.org", "DNS:example.org"]
- name: A request for an authority of one's own
  openssl_csr:
    path: /etc/ssl/ca.csr
    privatekey_path: /etc/ssl/private/ca.pem
    common_name: Our authority
    use_common_name_for_san: false
    basic_constraints: ["CA:TRUE"]
    basic_constraints_critical: true
    key_usage: [keyCertSign, cRLSign]
    key_usage_critical: true
`,
	}, rules, func(p *csrParams) error {
		if p.State == "absent" {
			return nil
		}
		return p.requestParams.validate()
	})
}

type csrPipeParams struct {
	requestParams
	Content *string `param:"content" doc:"The present request."`
}

// CSRPipe makes signing requests that no file holds.
func CSRPipe() modules.Module {
	rules := requestRules()
	rules.OneOf = [][]string{{"privatekey_path", "privatekey_content"}}
	return modules.Query[csrPipeParams]{
		Info: modules.Info{
			Name: "openssl_csr_pipe", Summary: "Make requests for certificates without a file.", Aliases: []string{"community.crypto.openssl_csr_pipe"},
			Notes: "Nothing on the host changes: changed says that the request in the result is another one than content.",
			Examples: `- name: A request
  openssl_csr_pipe:
    privatekey_path: /etc/ssl/private/www.pem
    common_name: www.example.org
  register: request
`,
		},
		Rules:    rules,
		Validate: func(p *csrPipeParams) error { return p.requestParams.validate() },
		Run: func(ctx context.Context, r sys.Reader, p csrPipeParams) (modules.Result, error) {
			key := openKey(r, p.KeyPath, p.KeyContent, p.KeyPassphrase)
			return piped(ctx, p.Content, p.report(), pipe{
				key: "csr", show: showRequest,
				stale: func(content []byte) (bool, error) { return p.stale(key, content) },
				make: func() ([]byte, error) {
					private, err := key.get()
					if err != nil {
						return nil, err
					}
					return p.requestParams.make(private)
				},
			})
		},
	}.Module()
}

// pipe makes something that no file holds.
type pipe struct {
	key   string // of the result
	stale func(content []byte) (bool, error)
	make  func() ([]byte, error)
	show  func(content []byte) map[string]any
}

// piped makes what is not as wanted, and puts what there is then into the result.
func piped(ctx context.Context, content *string, res modules.Result, p pipe) (modules.Result, error) {
	var now []byte
	stale := true
	if content != nil {
		now = []byte(*content)
		var err error
		if stale, err = p.stale(now); err != nil {
			return nil, err
		}
	}
	was := now
	if stale && !modules.CheckMode(ctx) {
		var err error
		if now, err = p.make(); err != nil {
			return nil, err
		}
	}
	res[p.key], res["changed"] = textOrNil(now), stale
	if modules.DiffMode(ctx) {
		res["diff"] = map[string]any{"before": p.show(was), "after": p.show(now)}
	}
	return res, nil
}

type csrInfoParams struct {
	infoSource
	Content  *string `param:"content" doc:"The request itself."`
	Encoding string  `param:"name_encoding" choices:"ignore,idna,unicode" default:"ignore" doc:"How host names are written that are not ASCII: as they are, as xn--…, or in their own letters."`
}

// CSRInfo describes signing requests.
func CSRInfo() modules.Module {
	return modules.Query[csrInfoParams]{
		Info: modules.Info{
			Name: "openssl_csr_info", Summary: "Describe requests for certificates.", Aliases: []string{"community.crypto.openssl_csr_info"},
			Examples: `- name: What is asked for
  openssl_csr_info:
    path: /etc/ssl/www.csr
  register: request
`,
		},
		Rules: infoRules(),
		Run: func(_ context.Context, r sys.Reader, p csrInfoParams) (modules.Result, error) {
			data, err := infoContent(r, "CSR", p.Path, p.Content, nil)
			if err != nil {
				return nil, err
			}
			request, err := parseRequest(data)
			if err != nil {
				return nil, err
			}
			res := modules.Result(describeRequest(request, fingerprints, nameEncoding(p.Encoding)))
			if res["signature_valid"] == false {
				return nil, modules.Fail(res, "CSR signature is invalid!")
			}
			return res, nil
		},
	}.Module()
}
