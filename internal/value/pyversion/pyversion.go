// Package pyversion compares version numbers by the rules that Ansible's version test offers: loose, strict, semantic and
// PEP 440.
package pyversion

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// Compare orders two versions by a scheme: loose, strict, semver (or semantic) or pep440.
func Compare(scheme, a, b string) (int, error) {
	switch scheme {
	case "loose":
		return Loose(a, b)
	case "strict":
		return compareParsed(a, b, parseStrict)
	case "semver", "semantic":
		return compareParsed(a, b, parseSemantic)
	case "pep440":
		return compareParsed(a, b, parsePEP440)
	}
	return 0, fmt.Errorf("no version scheme is named %q", scheme)
}

// version is a number taken apart so that comparing the parts in order compares the versions.
type version []any

func compareParsed(a, b string, parse func(string) (version, error)) (int, error) {
	x, err := parse(a)
	if err != nil {
		return 0, err
	}
	y, err := parse(b)
	if err != nil {
		return 0, err
	}
	return value.Compare(value.NewList(x...), value.NewList(y...))
}

var looseParts = regexp.MustCompile(`[0-9]+|[a-z]+|\.|[^0-9a-z.]+`)

// looseVersion splits a version into numbers, words of small letters and whatever is between them.
func looseVersion(s string) *value.List {
	l := value.NewList()
	for _, part := range looseParts.FindAllString(s, -1) {
		if part == "." {
			continue
		}
		if part[0] >= '0' && part[0] <= '9' {
			l.Items = append(l.Items, number(part))
			continue
		}
		l.Items = append(l.Items, part)
	}
	return l
}

func number(digits string) any {
	n, _ := new(big.Int).SetString(digits, 10)
	return value.FromBig(n)
}

// Loose orders two versions of any form. A number against a word is an error, as in Python.
func Loose(a, b string) (int, error) {
	if a == "" || b == "" {
		return 0, errors.New("a version is empty")
	}
	x, y := looseVersion(a), looseVersion(b)
	if value.Equal(x, y) {
		return 0, nil
	}
	return value.Compare(x, y)
}

var strictPattern = regexp.MustCompile(`^([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(?:([ab])([0-9]+))?$`)

func parseStrict(s string) (version, error) {
	m := strictPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("invalid version number '%s'", s)
	}
	if m[3] == "" {
		m[3] = "0"
	}
	v := version{number(m[1]), number(m[2]), number(m[3])}
	if m[4] == "" {
		return append(v, 1), nil // a release stands after its prereleases
	}
	return append(v, 0, m[4], number(m[5])), nil
}

var semanticPattern = regexp.MustCompile(`^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)` +
	`(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?` +
	`(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$`)

func parseSemantic(s string) (version, error) {
	m := semanticPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("invalid semantic version '%s'", s)
	}
	v := version{number(m[1]), number(m[2]), number(m[3])}
	if m[4] == "" {
		return append(v, 1), nil
	}
	v = append(v, 0)
	for part := range strings.SplitSeq(m[4], ".") {
		if strings.Trim(part, "0123456789") == "" {
			v = append(v, value.NewList(0, number(part)))
		} else {
			v = append(v, value.NewList(1, part))
		}
	}
	return v, nil
}
