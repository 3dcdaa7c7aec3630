package inventory

import (
	"regexp"
	"strings"
	"time"
)

// regexTimeout bounds one match of a regular expression that needs backtracking.
const regexTimeout = time.Second

// globRegex translates a shell glob to a regular expression over a whole name: *, ?, [abc], [a-z], [!abc]. A bracket
// that is not closed stands for itself.
func globRegex(glob string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(glob); {
		switch c := glob[i]; c {
		case '*':
			b.WriteString(`.*`)
			i++
		case '?':
			b.WriteString(`.`)
			i++
		case '[':
			n := writeClass(&b, glob[i:])
			i += n
		default:
			_, size := decode(glob[i:])
			b.WriteString(regexp.QuoteMeta(glob[i : i+size]))
			i += size
		}
	}
	b.WriteString(`\z`)
	return b.String()
}

// writeClass translates the bracket at the start of s and returns its length.
func writeClass(b *strings.Builder, s string) int {
	start := 1
	if strings.HasPrefix(s[start:], "!") {
		start++
	}
	body := start
	if strings.HasPrefix(s[body:], "]") {
		body++
	}
	end := strings.IndexByte(s[body:], ']')
	if end < 0 {
		b.WriteString(`\[`)
		return 1
	}
	end += body
	content := ranges(s[start:end])
	switch {
	case content == "" && start == 2:
		b.WriteString(`.`)
	case content == "":
		b.WriteString(`[^\x00-\x{10FFFF}]`) // matches nothing
	case start == 2:
		b.WriteString(`[^` + content + `]`)
	default:
		b.WriteString(`[` + content + `]`)
	}
	return end + 1
}

// ranges escapes the characters of a class and drops ranges that run backwards.
func ranges(content string) string {
	runes := []rune(content)
	var b strings.Builder
	for i := 0; i < len(runes); i++ {
		if i+2 < len(runes) && runes[i+1] == '-' {
			if runes[i] <= runes[i+2] {
				b.WriteString(escapeClass(runes[i]) + "-" + escapeClass(runes[i+2]))
			}
			i += 2
			continue
		}
		b.WriteString(escapeClass(runes[i]))
	}
	return b.String()
}

func escapeClass(r rune) string {
	if strings.ContainsRune(`\]^-[&~|`, r) {
		return `\` + string(r)
	}
	return string(r)
}
