package secret

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// minimumEncoded is the length from which a part of a base64 text is told apart from others.
const minimumEncoded = 8

// forms are the texts under which a secret may show: itself, line by line, and as others write it.
func forms(text string) []string {
	all := written(text)
	if strings.Contains(text, "\n") {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); len(line) >= minimumLine && !strings.HasPrefix(line, "-----") {
				all = append(all, written(line)...)
			}
		}
	}
	return all
}

// written are the forms of one text.
func written(text string) []string {
	all := append([]string{text}, base64Forms(text)...)
	for _, form := range []string{
		jsonForm(text), asciiForm(text), strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(text),
		strings.ReplaceAll(text, "'", `'"'"'`), strings.ReplaceAll(text, "'", `'\''`), url.QueryEscape(text), url.PathEscape(text),
	} {
		if form != text && len(form) >= minimum {
			all = append(all, form)
		}
	}
	return all
}

// jsonForm is a text as JSON writes it, without the quotes.
func jsonForm(text string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(text) != nil {
		return text
	}
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// asciiForm is a text as JSON writes it that knows ASCII only.
func asciiForm(text string) string {
	text = jsonForm(text)
	var b strings.Builder
	for _, c := range text {
		switch {
		case c < utf8.RuneSelf:
			b.WriteRune(c)
		case c > 0xffff:
			c -= 0x10000
			b.WriteString(unicodeEscape(0xd800+c>>10) + unicodeEscape(0xdc00+c&0x3ff))
		default:
			b.WriteString(unicodeEscape(c))
		}
	}
	return b.String()
}

func unicodeEscape(c rune) string {
	digits := strconv.FormatInt(int64(c), 16)
	return `\u` + strings.Repeat("0", 4-len(digits)) + digits
}

// base64Forms are what of a base64 text depends on the secret alone, wherever it stands in the text that was encoded.
func base64Forms(text string) []string {
	var all []string
	for before := range 3 {
		plain := append(make([]byte, before), text...)
		first, last := (before*8+5)/6, len(plain)*8/6
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			form := enc.EncodeToString(plain)[first:last]
			if len(form) >= minimumEncoded {
				all = append(all, form)
			}
		}
	}
	return all
}
