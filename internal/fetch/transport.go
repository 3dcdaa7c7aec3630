//go:build !slim

package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

func newTransport(r sys.Reader, req Request) (*http.Transport, error) {
	conf, err := tlsConfig(r, req)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		TLSClientConfig:     conf,
		DisableKeepAlives:   true,
		DisableCompression:  true,
		TLSHandshakeTimeout: req.Timeout,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if req.UnixSocket != "" {
				network, address = "unix", req.UnixSocket
			}
			d := net.Dialer{Timeout: req.Timeout}
			c, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return patient{c, req.Timeout}, nil
		},
	}
	if req.UseProxy && req.UnixSocket == "" {
		env := environ(r)
		t.Proxy = func(q *http.Request) (*url.URL, error) { return proxyFor(env, q.URL) }
	}
	return t, nil
}

// patient is a connection on which every single read and write may take only so long.
type patient struct {
	net.Conn
	limit time.Duration
}

// Read reads within the limit.
func (p patient) Read(b []byte) (int, error) {
	if p.limit > 0 {
		_ = p.SetReadDeadline(time.Now().Add(p.limit))
	}
	return p.Conn.Read(b)
}

// Write writes within the limit.
func (p patient) Write(b []byte) (int, error) {
	if p.limit > 0 {
		_ = p.SetWriteDeadline(time.Now().Add(p.limit))
	}
	return p.Conn.Write(b)
}

func tlsConfig(r sys.Reader, req Request) (*tls.Config, error) {
	conf := &tls.Config{InsecureSkipVerify: req.InsecureTLS, MinVersion: tls.VersionTLS12}
	if req.CAPath != "" {
		pem, err := r.ReadFile(req.CAPath)
		if err != nil {
			return nil, &Error{Text: fmt.Sprintf("ca_path: %v", err), Err: err}
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &Error{Text: fmt.Sprintf("ca_path: %s holds no certificate", req.CAPath)}
		}
	}
	if req.ClientCert != "" {
		cert, err := clientCertificate(r, req.ClientCert, req.ClientKey)
		if err != nil {
			return nil, &Error{Text: fmt.Sprintf("client_cert: %v", err), Err: err}
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	if len(req.Ciphers) > 0 {
		ids := cipherIDs(req.Ciphers)
		if len(ids) == 0 {
			return nil, &Error{Text: "('No cipher can be selected.',)"}
		}
		conf.CipherSuites = ids
	}
	return conf, nil
}

func clientCertificate(r sys.Reader, certFile, keyFile string) (tls.Certificate, error) {
	cert, err := r.ReadFile(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key := cert
	if keyFile != "" {
		if key, err = r.ReadFile(keyFile); err != nil {
			return tls.Certificate{}, err
		}
	}
	return tls.X509KeyPair(cert, key)
}

// cipherIDs looks up cipher suites under the names that OpenSSL and the standards give them.
func cipherIDs(names []string) []uint16 {
	var ids []uint16
	for _, name := range strings.Split(strings.Join(names, ":"), ":") {
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if strings.EqualFold(name, s.Name) || strings.EqualFold(name, opensslName(s.Name)) {
				ids = append(ids, s.ID)
			}
		}
	}
	return ids
}

// opensslName turns TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 into ECDHE-RSA-AES128-GCM-SHA256.
func opensslName(s string) string {
	s = strings.TrimPrefix(s, "TLS_")
	s = strings.TrimPrefix(strings.Replace(s, "_WITH_", "_", 1), "RSA_")
	for from, to := range map[string]string{"AES_128": "AES128", "AES_256": "AES256", "_CBC_SHA": "_SHA", "CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305"} {
		s = strings.Replace(s, from, to, 1)
	}
	return strings.ReplaceAll(s, "_", "-")
}

func environ(r sys.Reader) map[string]string {
	env := map[string]string{}
	for _, kv := range r.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok {
			env[k] = v
		}
	}
	return env
}

// proxyFor returns the proxy that the environment names for a URL, or nil.
func proxyFor(env map[string]string, u *url.URL) (*url.URL, error) {
	get := func(name string) string {
		if v := env[name]; v != "" {
			return v
		}
		return env[strings.ToUpper(name)]
	}
	proxy := env[u.Scheme+"_proxy"]
	if proxy == "" && (u.Scheme != "http" || env["REQUEST_METHOD"] == "") {
		proxy = get(u.Scheme + "_proxy")
	}
	if proxy == "" {
		proxy = get("all_proxy")
	}
	if proxy == "" || bypassed(get("no_proxy"), u) {
		return nil, nil
	}
	if !strings.Contains(proxy, "://") {
		proxy = "http://" + proxy
	}
	p, err := url.Parse(proxy)
	if err != nil || p.Host == "" {
		return nil, errors.New("the proxy in the environment is no URL")
	}
	return p, nil
}

// bypassed reports whether a list such as "localhost,.example.com,10.0.0.0/8" names a URL's host.
func bypassed(list string, u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	for _, item := range strings.Split(list, ",") {
		item = strings.ToLower(strings.TrimSpace(item))
		name := strings.TrimPrefix(item, ".")
		if _, block, err := net.ParseCIDR(item); err == nil && ip != nil && block.Contains(ip) {
			return true
		}
		switch {
		case item == "":
		case item == "*", name == host, name == host+":"+u.Port(), strings.HasSuffix(host, "."+name):
			return true
		}
	}
	return false
}
