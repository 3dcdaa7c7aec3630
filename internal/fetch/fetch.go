//go:build !slim

package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

const maxRedirects = 10

// Do makes a request. r gives files, the environment's proxies and ~/.netrc. The caller closes the body.
func Do(ctx context.Context, r sys.Reader, req Request) (*Response, error) {
	if req.Method == "" {
		req.Method = "GET"
	}
	u, err := url.Parse(req.URL)
	if err != nil {
		return nil, &UnusableError{Text: fmt.Sprintf("%s is no URL: %v", req.URL, errors.Unwrap(err))}
	}
	switch u.Scheme {
	case "file":
		return openFile(r, u)
	case "http", "https":
	case "":
		return nil, &UnusableError{Text: fmt.Sprintf("unknown url type: '%s'", req.URL)}
	default:
		return nil, &Error{Text: fmt.Sprintf("Request failed: <urlopen error unknown url type: %s>", u.Scheme)}
	}
	c, err := newClient(r, &req, u)
	if err != nil {
		return nil, err
	}
	resp, err := c.follow(ctx, u)
	if err != nil {
		return nil, describe(err)
	}
	return resp, nil
}

// client carries out one request with its redirects.
type client struct {
	req     Request
	http    *http.Client
	netrc   *login
	cookies jar
}

func newClient(r sys.Reader, req *Request, u *url.URL) (*client, error) {
	if u.User != nil {
		if req.User == "" {
			req.User = u.User.Username()
			req.Password, _ = u.User.Password()
		}
		u.User = nil
	}
	t, err := newTransport(r, *req)
	if err != nil {
		return nil, err
	}
	c := &client{req: *req, http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
	if req.User == "" && req.UseNetrc {
		c.netrc = netrcLogin(r, u.Hostname())
	}
	return c, nil
}

// hop is one request of a chain.
type hop struct {
	method   string
	url      *url.URL
	body     []byte
	payload  bool // the headers that describe the body go along
	redirect bool
}

func (c *client) follow(ctx context.Context, u *url.URL) (*Response, error) {
	h := hop{method: c.req.Method, url: u, body: c.req.Body, payload: true}
	for n := 0; ; n++ {
		resp, err := c.send(ctx, h)
		if err != nil {
			return nil, err
		}
		next, ok := c.next(h, resp)
		if !ok {
			return c.answer(h, resp)
		}
		resp.Body.Close()
		if n == maxRedirects {
			return nil, &Error{Text: fmt.Sprintf("HTTP Error %d: the server redirects without end", resp.StatusCode)}
		}
		h = next
	}
}

// send makes one request, and once more with the password where the server asks for it.
func (c *client) send(ctx context.Context, h hop) (*http.Response, error) {
	resp, err := c.try(ctx, h, c.initialAuth())
	if err != nil || resp.StatusCode != http.StatusUnauthorized || c.req.User == "" || c.req.ForceBasic {
		return resp, err
	}
	auth := c.challenged(resp.Header.Values("WWW-Authenticate"), h)
	if auth == "" {
		return resp, nil
	}
	resp.Body.Close()
	return c.try(ctx, h, auth)
}

func (c *client) try(ctx context.Context, h hop, auth string) (*http.Response, error) {
	var body io.Reader
	if h.body != nil {
		body = bytes.NewReader(h.body)
	}
	r, err := http.NewRequestWithContext(ctx, h.method, h.url.String(), body)
	if err != nil {
		return nil, err
	}
	c.setHeaders(r, h, auth)
	c.cookies.apply(r)
	resp, err := c.http.Do(r)
	if err == nil {
		c.cookies.take(resp)
	}
	return resp, err
}

func (c *client) setHeaders(r *http.Request, h hop, auth string) {
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set("User-Agent", "")
	if c.req.Agent != "" {
		r.Header.Set("User-Agent", c.req.Agent)
	}
	switch {
	case c.req.NoCache:
		r.Header.Set("Cache-Control", "no-cache")
	case !c.req.ModifiedSince.IsZero():
		r.Header.Set("If-Modified-Since", c.req.ModifiedSince.UTC().Format(http.TimeFormat))
	}
	if h.body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	for name, value := range c.req.Headers {
		if h.redirect && (!h.payload && describesBody(name) || c.staysBehind(name)) {
			continue
		}
		if strings.EqualFold(name, "Host") {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	if r.Header.Get("Content-Length") != "" {
		r.Header.Del("Content-Length") // the length of the body speaks for itself
	}
}

func describesBody(header string) bool {
	switch strings.ToLower(header) {
	case "content-length", "content-type", "transfer-encoding":
		return true
	}
	return false
}

func (c *client) staysBehind(header string) bool {
	for _, name := range c.req.Unredirected {
		if strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}

func (c *client) answer(h hop, resp *http.Response) (*Response, error) {
	out := &Response{Status: resp.StatusCode, Headers: headers(resp.Header), Cookies: c.cookies.all, Body: resp.Body,
		Refused: resp.StatusCode < 200 || resp.StatusCode > 299, URL: h.url.String()}
	if resp.Close && resp.ProtoAtLeast(1, 1) && out.Headers["connection"] == "" {
		out.Headers["connection"] = "close" // net/http keeps this one to itself
	}
	if out.Refused {
		out.URL = c.req.URL
		out.Message = fmt.Sprintf("HTTP Error %d: %s", resp.StatusCode, reason(resp))
	} else {
		size := resp.Header.Get("Content-Length")
		if size == "" {
			size = "unknown"
		}
		out.Message = fmt.Sprintf("OK (%s bytes)", size)
	}
	if c.req.Decompress && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") && !out.Refused && h.method != "HEAD" {
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			resp.Body.Close()
			return nil, fmt.Errorf("the answer is not the gzip data that it says it is: %w", err)
		}
		out.Body = unzipped{z, resp.Body}
	}
	return out, nil
}

// unzipped closes what it reads from.
type unzipped struct {
	io.Reader
	io.Closer
}

func headers(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for name, values := range h {
		out[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return out
}

// reason is the text after the status code.
func reason(resp *http.Response) string {
	_, text, _ := strings.Cut(resp.Status, " ")
	return text
}
