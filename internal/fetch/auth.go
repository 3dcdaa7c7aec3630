//go:build !slim

package fetch

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// initialAuth is the Authorization header that is sent unasked.
func (c *client) initialAuth() string {
	switch {
	case c.req.User != "" && c.req.ForceBasic:
		return basic(c.req.User, c.req.Password)
	case c.netrc != nil:
		return basic(c.netrc.user, c.netrc.password)
	default:
		return ""
	}
}

// challenged answers a server's demand for a password.
func (c *client) challenged(demands []string, h hop) string {
	answer := ""
	for _, d := range demands {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(d), " ")
		switch strings.ToLower(scheme) {
		case "digest":
			if a := c.digest(parameters(rest), h); a != "" {
				return a
			}
		case "basic":
			answer = basic(c.req.User, c.req.Password)
		}
	}
	return answer
}

// digest answers a digest challenge; "" where its algorithm is not known.
func (c *client) digest(p map[string]string, h hop) string {
	var sum func(string) string
	switch strings.ToUpper(p["algorithm"]) {
	case "", "MD5":
		sum = summer(md5.New)
	case "SHA":
		sum = summer(sha1.New)
	case "SHA-256":
		sum = summer(sha256.New)
	default:
		return ""
	}
	uri := h.url.RequestURI()
	ha1 := sum(c.req.User + ":" + p["realm"] + ":" + c.req.Password)
	ha2 := sum(h.method + ":" + uri)
	response := sum(ha1 + ":" + p["nonce"] + ":" + ha2)
	extra := ""
	if offers(p["qop"], "auth") {
		nonce := rand.Text()[:16]
		response = sum(strings.Join([]string{ha1, p["nonce"], "00000001", nonce, "auth", ha2}, ":"))
		extra = fmt.Sprintf(`, qop=auth, nc=00000001, cnonce="%s"`, nonce)
	} else if p["qop"] != "" {
		return ""
	}
	if p["algorithm"] != "" {
		extra += ", algorithm=" + p["algorithm"]
	}
	if p["opaque"] != "" {
		extra += fmt.Sprintf(`, opaque="%s"`, p["opaque"])
	}
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"%s`,
		c.req.User, p["realm"], p["nonce"], uri, response, extra)
}

func summer(h func() hash.Hash) func(string) string {
	return func(s string) string {
		w := h()
		w.Write([]byte(s))
		return hex.EncodeToString(w.Sum(nil))
	}
}

func offers(list, item string) bool {
	for _, s := range strings.Split(list, ",") {
		if strings.EqualFold(strings.TrimSpace(s), item) {
			return true
		}
	}
	return false
}

// parameters reads `realm="a b", nonce=c`.
func parameters(s string) map[string]string {
	out := map[string]string{}
	for s = strings.TrimLeft(s, " ,\t"); s != ""; s = strings.TrimLeft(s, " ,\t") {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return out
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			value, s = quotedValue(rest[1:])
		} else {
			value, s, _ = strings.Cut(rest, ",")
		}
		out[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return out
}

// quotedValue reads up to the closing quote; a backslash takes the next character as it is.
func quotedValue(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

type login struct{ user, password string }

// netrcLogin looks a host up in the file that NETRC names, or ~/.netrc.
func netrcLogin(r sys.Reader, host string) *login {
	env := environ(r)
	file := env["NETRC"]
	if file == "" && env["HOME"] != "" {
		file = env["HOME"] + "/.netrc"
	}
	if file == "" {
		return nil
	}
	data, err := r.ReadFile(file)
	if err != nil {
		return nil
	}
	return parseNetrc(string(data), host)
}

func parseNetrc(text, host string) *login {
	words := netrcWords(text)
	var found, fallback *login
	var current *login
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch words[i] {
		case "machine":
			current = &login{}
			if next == host && found == nil {
				found = current
			}
			i++
		case "default":
			current = &login{}
			if fallback == nil {
				fallback = current
			}
		case "login", "user", "account", "password":
			if current != nil && words[i] == "password" {
				current.password = next
			} else if current != nil && words[i] != "account" {
				current.user = next
			}
			i++
		}
	}
	if found == nil {
		found = fallback
	}
	if found == nil || found.user == "" || found.password == "" {
		return nil
	}
	return found
}

// netrcWords splits the file into words; comments and macros are left out.
func netrcWords(text string) []string {
	var words []string
	macro := false
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
			macro = false
		case macro || strings.HasPrefix(f[0], "#"):
		case f[0] == "macdef":
			macro = true
		default:
			for _, w := range f {
				if strings.HasPrefix(w, "#") {
					break
				}
				words = append(words, strings.Trim(w, `"`))
			}
		}
	}
	return words
}
