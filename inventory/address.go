package inventory

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	bracketedPort = regexp.MustCompile(`^\[(.+)\]:([0-9]+)$`)
	plainPort     = regexp.MustCompile(`^((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)$`)
	labelRange    = regexp.MustCompile(`(?i)^\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`)
	ipv4Address   = regexp.MustCompile(`^(?:` + ipv4Part + `\.){3}` + ipv4Part + `$`)
	ipv6Address   = regexp.MustCompile(ipv6Pattern())
)

const (
	ipv4Part = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|\[(?:[0-9]+:[0-9]+)(?::[0-9]+)?\])`
	ipv6Part = `(?:[0-9a-f]{1,4}|\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\])`
)

// ipv6Pattern spells out the ways to write an IPv6 address, with a range allowed in place of each part.
func ipv6Pattern() string {
	p := ipv6Part
	forms := []string{
		`(?:` + p + `:){7}` + p,
		`(?:` + p + `:){1,6}:`,
		p + `?::`,
		`:(?::` + p + `){1,6}`,
		`(?:0:){6}(?:` + p + `\.){3}` + p,
		`::(?:ffff:)?(?:` + p + `\.){3}` + p,
		`(?:0:){5}ffff:(?:` + p + `\.){3}` + p,
	}
	for head := 1; head <= 6; head++ {
		forms = append(forms, `(?:`+p+`:){`+strconv.Itoa(head)+`}(?::`+p+`){1,`+strconv.Itoa(7-head)+`}`)
	}
	return `(?i)^(?:` + strings.Join(forms, "|") + `)$`
}

// SplitAddress splits "host:port", "[host]:port", "host" and IPv6 addresses; port is 0 when none is written. It reports
// false for text that is no address, such as a list of patterns. Ranges like web[1:3] are accepted when ranges is set.
func SplitAddress(text string, ranges bool) (host string, port int, ok bool) {
	host = text
	for _, form := range []*regexp.Regexp{bracketedPort, plainPort} {
		if m := form.FindStringSubmatch(host); m != nil {
			n, err := strconv.Atoi(m[2])
			if err != nil {
				return text, 0, false
			}
			host, port = m[1], n
		}
	}
	if !isHostName(host) && !ipv6Address.MatchString(host) {
		return text, 0, false
	}
	if !ranges && strings.Contains(host, "[") {
		return text, 0, false
	}
	return host, port, true
}

// isHostName accepts labels of letters, digits, underscores, dashes and ranges, joined by dots. A label may not start
// with a dash nor end with a dash or underscore.
func isHostName(s string) bool {
	if s == "" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

func isLabel(label string) bool {
	last := '-'
	for rest := label; rest != ""; {
		if m := labelRange.FindString(rest); m != "" {
			rest, last = rest[len(m):], ']'
			continue
		}
		r, size := decode(rest)
		if !isWord(r) && (r != '-' || rest == label) {
			return false
		}
		rest, last = rest[size:], r
	}
	return last != '-' && last != '_'
}

// isWord is Python's \w.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// isIPAddress reports whether a host is named by its address, so that its short name is the whole name.
func isIPAddress(name string) bool {
	return ipv4Address.MatchString(name) || ipv6Address.MatchString(name)
}
