package yaml11

import (
	"bytes"
	"strconv"
	"strings"
)

// withoutSolidus makes a file readable in which a text in double quotes has \/, which stands for / and which the parser does
// not know: the first one of the line that the parser's error names is written as another escape. It returns nil when the
// error is about something else.
func withoutSolidus(src []byte, err error) []byte {
	m := yamlLine.FindStringSubmatch(strings.TrimPrefix(err.Error(), "yaml: "))
	if m == nil || !strings.HasSuffix(m[2], "found unknown escape character") {
		return nil
	}
	line, _ := strconv.Atoi(m[1])
	start := lineStart(src, line)
	if start < 0 {
		return nil
	}
	quoted := false
	for i := start; i < len(src); i++ {
		switch {
		case src[i] == '\n' && !quoted:
			return nil
		case src[i] == '"':
			quoted = !quoted
		case src[i] == '\\' && quoted && i+1 < len(src):
			if src[i+1] == '/' {
				return bytes.Join([][]byte{src[:i], src[i+2:]}, []byte(`\x2f`))
			}
			i++
		}
	}
	return nil
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
