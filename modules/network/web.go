package network

import (
	"context"
	"net/url"
	"path"
	"regexp"
	"time"

	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// webParams are the parameters that get_url and uri share.
type webParams struct {
	URL            string            `param:"url,required" doc:"The address: http, https or file."`
	Force          bool              `param:"force" default:"false" doc:"Asks for a fresh answer, past caches; get_url then replaces the file whenever it differs."`
	HTTPAgent      string            `param:"http_agent" default:"ansible-httpget" doc:"The name that the server sees as the program."`
	UseProxy       bool              `param:"use_proxy" default:"true" doc:"Whether the proxies of the environment are used."`
	ValidateCerts  bool              `param:"validate_certs" default:"true" doc:"Whether certificates are checked."`
	ForceBasicAuth bool              `param:"force_basic_auth" default:"false" doc:"Whether the password is sent with the first request already."`
	ClientCert     string            `param:"client_cert" type:"path" doc:"The file of a client certificate, possibly with its key."`
	ClientKey      string            `param:"client_key" type:"path" doc:"The file of the client certificate's key."`
	UseGSSAPI      bool              `param:"use_gssapi" default:"false" doc:"Kerberos; not supported."`
	Headers        map[string]string `param:"headers" doc:"More headers of the request."`
	Unredirected   []string          `param:"unredirected_headers" doc:"Headers that are not sent on after a redirect."`
	Decompress     bool              `param:"decompress" default:"true" doc:"Whether gzip answers are unpacked."`
	Ciphers        []string          `param:"ciphers" doc:"The TLS ciphers to offer, by the names that OpenSSL gives them."`
	UseNetrc       bool              `param:"use_netrc" default:"true" doc:"Whether ~/.netrc gives the password."`
}

func (p webParams) check() error {
	if p.UseGSSAPI {
		return modules.Fail(nil, "use_gssapi is not supported: give url_username and url_password, or an Authorization header")
	}
	return nil
}

// request is the part of a request that both modules have in common.
func (p webParams) request(user, password string, timeout int) fetch.Request {
	return fetch.Request{URL: p.URL, Headers: p.Headers, Agent: p.HTTPAgent, Unredirected: p.Unredirected, User: user, Password: password,
		ForceBasic: p.ForceBasicAuth, UseNetrc: p.UseNetrc, Timeout: time.Duration(timeout) * time.Second, InsecureTLS: !p.ValidateCerts,
		ClientCert: p.ClientCert, ClientKey: p.ClientKey, Ciphers: p.Ciphers, UseProxy: p.UseProxy, Decompress: p.Decompress, NoCache: p.Force}
}

// urlFile is the last part of a URL's path.
func urlFile(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "index.html"
	}
	name := path.Base(u.Path)
	if name == "/" || name == "." || name == "" || u.Path[len(u.Path)-1] == '/' {
		return "index.html"
	}
	return name
}

// dispositionFile is the file name that a server proposes, or "".
func dispositionFile(headers map[string]string) string {
	m := regexp.MustCompile(`^attachment; ?filename="?([^"]+)`).FindStringSubmatch(headers["content-disposition"])
	if m == nil {
		return ""
	}
	if name := path.Base(m[1]); name != "." && name != ".." && name != "/" {
		return name
	}
	return ""
}

// addPathInfo adds owner, mode and the like of a file that a result names.
func addPathInfo(ctx context.Context, r sys.Reader, res modules.Result, file string) {
	begun, err := tree.Begin(ctx, r, tree.Attrs{}, file)
	if err != nil {
		return
	}
	if n, err := tree.ReadNode(ctx, r, file, tree.Look{}); err == nil {
		begun.AddInfo(res, n)
	}
}
