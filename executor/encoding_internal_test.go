package executor

import "testing"

func TestEncodeText(t *testing.T) {
	for _, c := range []struct{ text, encoding, want string }{
		{"ä€", "", "ä€"}, {"ä€", "utf8", "ä€"}, {"ä€", "windows-1252", "\xe4\x80"}, {"ä€", "cp1252", "\xe4\x80"},
		{"ä", "latin-1", "\xe4"}, {"a", "ascii", "a"},
	} {
		got, err := encodeText(c.text, c.encoding)
		if err != nil || string(got) != c.want {
			t.Errorf("%q in %s: %q, %v", c.text, c.encoding, got, err)
		}
	}
	for _, c := range []struct{ text, encoding string }{{"€", "latin-1"}, {"ä", "ascii"}, {"a", "klingon"}} {
		if got, err := encodeText(c.text, c.encoding); err == nil {
			t.Errorf("%q in %s: %q", c.text, c.encoding, got)
		}
	}
}
