package filters

import (
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func ansibleURL() map[string]Func {
	return map[string]Func{
		"urldecode": Strict("unquote_plus(string, encoding='utf-8', errors='replace')", func(_ Env, a *value.Args) (any, error) {
			return strings.ToValidUTF8(unquote(strings.ReplaceAll(a.Text("string"), "+", " ")), "\uFFFD"), nil
		}),
		"urlsplit": Strict("split_url(value, query='', alias='urlsplit')", splitURL),
	}
}

// unquote replaces %xx by the byte; other percent signs stay.
func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitURL parts an URL as Python's urlsplit does.
func splitURL(_ Env, a *value.Args) (any, error) {
	parts, err := URLParts(a.Text("value"))
	if err != nil || a.Err() != nil {
		return nil, err
	}
	query := a.Str("query")
	if query == "" {
		return parts, nil
	}
	v, ok := parts.Get(query)
	if !ok {
		return nil, errorf("%s: unknown URL component: %s", a.Str("alias"), query)
	}
	return v, nil
}

// URLParts returns the components of an URL under Python's names.
func URLParts(url string) (*value.Dict, error) {
	url = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, strings.TrimLeft(url, "\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "))
	scheme, netloc, rest := "", "", url
	if i := strings.IndexByte(url, ':'); i > 0 && isScheme(url[:i]) {
		scheme, rest = strings.ToLower(url[:i]), url[i+1:]
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		end := strings.IndexAny(after, "/?#")
		if end < 0 {
			end = len(after)
		}
		netloc, rest = after[:end], after[end:]
		if strings.Contains(netloc, "[") != strings.Contains(netloc, "]") {
			return nil, &value.ValueError{Message: "Invalid IPv6 URL"}
		}
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	path, query, _ := strings.Cut(rest, "?")
	host, port, user, password, err := authority(netloc)
	return value.DictOf("fragment", fragment, "hostname", host, "netloc", netloc, "password", password, "path", path,
		"port", port, "query", query, "scheme", scheme, "username", user), err
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && strings.IndexByte("+-.", c) < 0) {
			return false
		}
	}
	return true
}

func authority(netloc string) (host, port, user, password any, err error) {
	address := netloc
	if i := strings.LastIndexByte(netloc, '@'); i >= 0 {
		name, secret, hasSecret := strings.Cut(netloc[:i], ":")
		user, address = name, netloc[i+1:]
		if hasSecret {
			password = secret
		}
	}
	var name, digits string
	if inner, ok := strings.CutPrefix(address, "["); ok {
		var rest string
		name, rest, _ = strings.Cut(inner, "]")
		_, digits, _ = strings.Cut(rest, ":")
	} else {
		name, digits, _ = strings.Cut(address, ":")
	}
	if name != "" {
		host = strings.ToLower(name)
	}
	if digits == "" {
		return host, nil, user, password, nil
	}
	n, convErr := strconv.Atoi(digits)
	switch {
	case convErr != nil:
		err = &value.ValueError{Message: "Port could not be cast to integer value as " + value.Repr(digits)}
	case n < 0 || n > 65535:
		err = &value.ValueError{Message: "Port out of range 0-65535"}
	}
	return host, n, user, password, err
}
