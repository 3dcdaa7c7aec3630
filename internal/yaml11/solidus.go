package yaml11

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// withoutSolidus makes a file readable in which a text in double quotes has \/, which stands for / and which the parser does
// not know: it is written as another escape, everywhere in a file that is JSON, and else only the first one of the line that
// the parser's error names. It returns nil when the error is about something else.
func withoutSolidus(src []byte, err error) []byte {
	m := yamlLine.FindStringSubmatch(strings.TrimPrefix(err.Error(), "yaml: "))
	if m == nil || !strings.HasSuffix(m[2], "found unknown escape character") {
		return nil
	}
	if json.Valid(src) {
		return solidusAsHex(src, 0, true)
	}
	line, _ := strconv.Atoi(m[1])
	if start := lineStart(src, line); start >= 0 {
		return solidusAsHex(src, start, false)
	}
	return nil
}

// solidusAsHex writes \/ as \x2f in the texts in double quotes from start on: each of them, or only the first one before the
// end of a line on which no text is open. It returns nil when there is none.
func solidusAsHex(src []byte, start int, all bool) []byte {
	var out []byte
	copied, quoted := 0, false
	for i := start; i < len(src) && (all || copied == 0 && (quoted || src[i] != '\n')); i++ {
		switch {
		case src[i] == '"':
			quoted = !quoted
		case src[i] == '\\' && quoted && i+1 < len(src):
			if src[i+1] == '/' {
				out = append(append(out, src[copied:i]...), `\x2f`...)
				copied = i + 2
			}
			i++
		}
	}
	if copied == 0 {
		return nil
	}
	return append(out, src[copied:]...)
}

// lineStart is where a line begins, counted from 1; -1 when there is none.
func lineStart(src []byte, line int) int {
	at := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(src[at:], '\n')
		if next < 0 {
			return -1
		}
		at += next + 1
	}
	return at
}
