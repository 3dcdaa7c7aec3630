package executor

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding/ianaindex"
)

// pythonEncodings are names of encodings that only Python knows.
var pythonEncodings = map[string]string{
	"latin": "ISO-8859-1", "latin-1": "ISO-8859-1", "latin_1": "ISO-8859-1", "iso8859-1": "ISO-8859-1", "8859": "ISO-8859-1",
	"ascii": "US-ASCII", "u8": "UTF-8", "utf": "UTF-8", "utf8": "UTF-8", "utf_8": "UTF-8", "utf16": "UTF-16", "utf_16": "UTF-16",
}

// encodeText writes text in an encoding, named as Python or IANA do; "" is UTF-8. A character that the encoding lacks is an
// error.
func encodeText(text, name string) ([]byte, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if iana, ok := pythonEncodings[name]; ok {
		name = iana
	}
	if code, ok := strings.CutPrefix(name, "cp125"); ok {
		name = "windows-125" + code
	}
	if name == "" || strings.EqualFold(name, "UTF-8") {
		return []byte(text), nil
	}
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		return nil, fmt.Errorf("unknown encoding: %s", name)
	}
	return e.NewEncoder().Bytes([]byte(text))
}
