package pyversion

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

var pep440Pattern = regexp.MustCompile(`(?i)^\s*v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)` +
	`(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?([0-9]+)?)?` +
	`(?:-([0-9]+)|([-_.]?(?:post|rev|r)[-_.]?([0-9]+)?))?` +
	`(?:[-_.]?(dev)[-_.]?([0-9]+)?)?` +
	`(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$`)

// Ranks that order what may follow the numbers: a development release first, then prereleases, the release itself.
const (
	before = -1
	absent = 0
	after  = 1
)

func parsePEP440(s string) (version, error) {
	m := pep440Pattern.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("Invalid version: '%s'", s) //nolint:revive // the words of Python's packaging
	}
	epoch := number("0" + m[1])
	release := value.NewList()
	for part := range strings.SplitSeq(m[2], ".") {
		release.Items = append(release.Items, number(part))
	}
	for len(release.Items) > 0 && release.Items[len(release.Items)-1] == 0 {
		release.Items = release.Items[:len(release.Items)-1]
	}
	isPre, isPost, isDev := m[3] != "", m[5] != "" || m[6] != "", m[8] != ""
	pre := value.NewList(after)
	switch {
	case isPre:
		pre = value.NewList(absent, preLetter(m[3]), number("0"+m[4]))
	case isDev && !isPost:
		pre = value.NewList(before)
	}
	post := value.NewList(before)
	if isPost {
		post = value.NewList(absent, number("0"+m[5]+m[7]))
	}
	dev := value.NewList(after)
	if isDev {
		dev = value.NewList(absent, number("0"+m[9]))
	}
	return version{epoch, release, pre, post, dev, localVersion(m[10])}, nil
}

func preLetter(word string) string {
	switch strings.ToLower(word) {
	case "alpha":
		return "a"
	case "beta":
		return "b"
	case "c", "pre", "preview":
		return "rc"
	}
	return strings.ToLower(word)
}

// localVersion orders what follows the plus: words before numbers, nothing before both.
func localVersion(s string) *value.List {
	l := value.NewList()
	if s == "" {
		return l
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		if strings.Trim(part, "0123456789") == "" {
			l.Items = append(l.Items, value.NewList(1, number(part)))
		} else {
			l.Items = append(l.Items, value.NewList(0, part))
		}
	}
	return l
}
