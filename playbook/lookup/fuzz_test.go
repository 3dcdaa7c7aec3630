package lookup

import "testing"

func FuzzParseINI(f *testing.F) {
	for _, s := range []string{"[a]\nx = 1\n  more\n", "[DEFAULT]\nx: %(y)s\ny=%(x)s\n[b]", "x=1", "[a]\n=\n", "[a]\nflag\n\n text"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseINI("fuzz.ini", text, false, true)
		if err != nil {
			return
		}
		for section := range parsed.sections {
			for _, key := range parsed.keys(section) {
				v, ok := parsed.option(section, key)
				if !ok {
					t.Fatalf("option %q of %q is listed but not there", key, section)
				}
				if s, isText := v.(string); isText {
					_, _ = parsed.interpolate(section, key, s, 0)
				}
			}
		}
	})
}
