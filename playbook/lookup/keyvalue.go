package lookup

import (
	"strings"

	"github.com/musterhq/muster/internal/shlex"
)

// keyValues splits a term of the old form "name key=value other=value": raw is what has no key.
func keyValues(term string) (raw string, pairs [][2]string, err error) {
	words, err := shlex.SplitKeepingQuotes(term)
	if err != nil {
		return "", nil, errorf("%q cannot be split into words: %v", term, err)
	}
	var rest []string
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok || k == "" || strings.HasSuffix(k, `\`) || strings.ContainsAny(k, `'"`) {
			rest = append(rest, w)
			continue
		}
		pairs = append(pairs, [2]string{strings.TrimSpace(k), unquoted(strings.TrimSpace(v))})
	}
	return strings.Join(rest, " "), pairs, nil
}

func unquoted(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}
