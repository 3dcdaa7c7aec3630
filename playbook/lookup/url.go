package lookup

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	neturl "net/url"
	"os"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/value"
)

const urlSignature = "url(*terms, validate_certs=True, split_lines=True, use_proxy=True, username=None, password=None, headers={}, " +
	"force=False, timeout=10, http_agent='ansible-httpget', force_basic_auth=False, follow_redirects='urllib2', use_gssapi=False, " +
	"unix_socket=None, ca_path=None, unredirected_headers=None, ciphers=None, use_netrc=True, **kw)"

// maxBody bounds what an URL may answer.
const maxBody = 256 << 20

func url(c *call) ([]any, error) {
	if truth(c.option("use_gssapi", "use_gssapi")) {
		return nil, errorf("url: use_gssapi is not supported; use username and password")
	}
	f, err := c.fetcher()
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, t := range c.terms {
		body, err := f.fetch(c.ctx, value.Str(t))
		if err != nil {
			return nil, err
		}
		if !c.Bool("split_lines") {
			out = append(out, body)
			continue
		}
		for _, line := range value.SplitLines(body, false) {
			out = append(out, line)
		}
	}
	return out, nil
}

// fetcher asks for URLs with the options of one call.
type fetcher struct {
	client         http.Client
	header         http.Header
	user, password string
	always         bool // send the password without being asked
	netrc          bool
}

// option is an option of the call or, when it is not given, of a variable or the environment.
func (c *call) option(name, variable string) any {
	if c.Given(name) {
		return c.Any(name)
	}
	if v, ok, err := c.env.Var("ansible_lookup_url_" + variable); err == nil && ok {
		return v
	}
	if s, ok := os.LookupEnv("ANSIBLE_LOOKUP_URL_" + strings.ToUpper(variable)); ok {
		return s
	}
	return c.Any(name)
}

func (c *call) fetcher() (*fetcher, error) {
	f := &fetcher{header: http.Header{}, always: c.Bool("force_basic_auth"), netrc: truth(c.option("use_netrc", "use_netrc"))}
	f.header.Set("User-Agent", value.Str(c.option("http_agent", "agent")))
	headers, ok := c.Any("headers").(*value.Dict)
	if !ok {
		return nil, errorf("url: headers must be a dictionary")
	}
	for k, v := range headers.All() {
		f.header.Set(value.Str(k), value.Str(v))
	}
	if truth(c.option("force", "force")) {
		f.header.Set("Cache-Control", "no-cache")
	}
	if c.Any("username") != nil {
		f.user = c.Str("username")
	}
	if c.Any("password") != nil {
		f.password = c.Str("password")
	}
	seconds, ok := value.ParseFloat(value.Str(c.option("timeout", "timeout")))
	if !ok || seconds <= 0 {
		return nil, errorf("url: timeout must be a number of seconds")
	}
	f.client.Timeout = time.Duration(seconds * float64(time.Second))
	transport, err := c.transport()
	if err != nil {
		return nil, err
	}
	f.client.Transport = transport
	f.client.CheckRedirect = redirects(value.Str(c.option("follow_redirects", "follow_redirects")), c.option("unredirected_headers", "unredir_headers"))
	return f, nil
}

func truth(v any) bool {
	if s, ok := v.(string); ok {
		switch strings.ToLower(s) {
		case "", "no", "false", "off", "0", "n", "f":
			return false
		}
		return true
	}
	return value.Truth(v)
}

func (c *call) transport() (*http.Transport, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	if !c.Bool("use_proxy") {
		t.Proxy = nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !c.Bool("validate_certs")} //nolint:gosec // only when asked for
	if path := c.option("ca_path", "ca_path"); path != nil {
		pem, err := os.ReadFile(value.Str(path))
		if err != nil {
			return nil, fmt.Errorf("url: ca_path: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errorf("url: ca_path: %s has no certificate", value.Str(path))
		}
	}
	if err := useCiphers(conf, c.option("ciphers", "ciphers")); err != nil {
		return nil, err
	}
	t.TLSClientConfig = conf
	if socket := c.option("unix_socket", "unix_socket"); socket != nil {
		var d net.Dialer
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return d.DialContext(ctx, "unix", value.Str(socket))
		}
	}
	return t, nil
}

// useCiphers limits the ciphers of TLS 1.2 to those named, in OpenSSL's or in the standard's spelling.
func useCiphers(conf *tls.Config, v any) error {
	if v == nil {
		return nil
	}
	names, ok := listItems(v)
	if !ok {
		names = []any{v}
	}
	for _, n := range names {
		for name := range strings.SplitSeq(value.Str(n), ":") {
			id := cipherID(name)
			if id == 0 {
				return errorf("url: the cipher %s is not known", name)
			}
			conf.CipherSuites = append(conf.CipherSuites, id)
		}
	}
	return nil
}

func cipherID(name string) uint16 {
	plain := func(s string) string {
		return strings.NewReplacer("TLS_", "", "WITH_", "", "CBC_", "", "_", "", "-", "").Replace(strings.ToUpper(s))
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if plain(suite.Name) == plain(name) {
			return suite.ID
		}
	}
	return 0
}

// redirects follows Ansible's rules; headers that must not be redirected are taken off.
func redirects(mode string, unredirected any) func(*http.Request, []*http.Request) error {
	names, _ := listItems(unredirected)
	return func(req *http.Request, via []*http.Request) error {
		switch strings.ToLower(mode) {
		case "none", "no", "false":
			return http.ErrUseLastResponse
		}
		if len(via) >= 10 {
			return errors.New("it is redirected too often")
		}
		for _, n := range names {
			req.Header.Del(value.Str(n))
		}
		return nil
	}
}

func (f *fetcher) fetch(ctx context.Context, address string) (string, error) {
	if path, ok := strings.CutPrefix(address, "file://"); ok {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", errorf("Failed lookup url for %s : <urlopen error %v>", address, err)
		}
		return string(b), nil
	}
	response, err := f.request(ctx, address)
	if err != nil {
		return "", connectError(address, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return "", errorf("Received HTTP error for %s : HTTP Error %d: %s", withoutPassword(address), response.StatusCode, http.StatusText(response.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return "", connectError(address, err)
	case len(body) > maxBody:
		return "", errorf("Failed lookup url for %s : the answer is larger than %d bytes", withoutPassword(address), maxBody)
	}
	return string(body), nil
}

// request asks, and asks again with the password when the server wants one.
func (f *fetcher) request(ctx context.Context, address string) (*http.Response, error) {
	u, err := neturl.Parse(address)
	if err != nil {
		return nil, err
	}
	user, password := f.user, f.password
	if u.User != nil && user == "" {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	u.User = nil
	always := f.always
	if user == "" && f.netrc {
		user, password = netrcLogin(u.Hostname())
		always = user != ""
	}
	response, err := f.send(ctx, u, user, password, always && user != "")
	if err != nil || response.StatusCode != http.StatusUnauthorized || user == "" || always {
		return response, err
	}
	response.Body.Close()
	return f.send(ctx, u, user, password, true)
}

func (f *fetcher) send(ctx context.Context, u *neturl.URL, user, password string, authorize bool) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = f.header.Clone()
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	if authorize {
		req.SetBasicAuth(user, password)
	}
	return f.client.Do(req)
}

func withoutPassword(address string) string {
	u, err := neturl.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	u.User = neturl.User(u.User.Username())
	return u.String()
}

func connectError(address string, err error) error {
	shown := withoutPassword(address)
	var wrapped *neturl.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var hostname x509.HostnameError
	if errors.As(err, &unknown) || errors.As(err, &invalid) || errors.As(err, &hostname) {
		return errorf("Error validating the server's certificate for %s: %v", shown, err)
	}
	return errorf("Failed lookup url for %s : <urlopen error %v>", shown, err)
}
