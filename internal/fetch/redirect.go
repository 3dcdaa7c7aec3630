//go:build !slim

package fetch

import (
	"net/http"
	"net/url"
	"strings"
)

// next is the request that a redirect asks for; ok is false where the answer is final.
func (c *client) next(h hop, resp *http.Response) (hop, bool) {
	location := resp.Header.Get("Location")
	if !isRedirect(resp.StatusCode) || location == "" || !c.mayFollow(h.method, resp.StatusCode) {
		return hop{}, false
	}
	target, err := h.url.Parse(strings.ReplaceAll(location, " ", "%20"))
	if err != nil || target.Scheme != "http" && target.Scheme != "https" {
		return hop{}, false
	}
	if target.Fragment == "" {
		target.Fragment = h.url.Fragment
	}
	n := hop{method: h.method, url: withoutUser(target), redirect: true}
	if resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect {
		n.body, n.payload = h.body, h.payload
		return n, true
	}
	if h.method != "HEAD" && (resp.StatusCode == http.StatusSeeOther || resp.StatusCode == http.StatusFound) ||
		h.method == "POST" && resp.StatusCode == http.StatusMovedPermanently {
		n.method = "GET"
	}
	return n, true
}

func withoutUser(u *url.URL) *url.URL {
	c := *u
	c.User = nil
	return &c
}

func isRedirect(code int) bool {
	switch code {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

func (c *client) mayFollow(method string, code int) bool {
	safe := method == "GET" || method == "HEAD"
	switch c.req.Follow {
	case FollowAll:
		return true
	case FollowSafe:
		return safe
	case FollowCompatible:
		return safe || method == "POST" && (code == 301 || code == 302 || code == 303)
	default:
		return false
	}
}
