package value

import "testing"

func FuzzParseLiteral(f *testing.F) {
	for _, s := range []string{"[1, 'a', {'k': (1,)}]", `b"\x00" 'x'`, "{1, 2}", "-1e5", "'''a\nb'''", "((((", "0x1f", `'\u12`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseLiteral(s)
		if err != nil {
			return
		}
		again, err := ParseLiteral(Repr(v))
		if err == nil && Repr(again) != Repr(v) {
			t.Fatalf("%q reads as %s and then as %s", s, Repr(v), Repr(again))
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a": [1, 2.5, null]}`, `"\ud83d\ude00"`, "NaN", "[[", `{"a" 1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseJSON(s)
		if err != nil {
			return
		}
		text, err := JSON(v, JSONOptions{})
		if err != nil {
			t.Fatalf("%q is read but not written: %v", s, err)
		}
		if _, err := ParseJSON(text); err != nil {
			t.Fatalf("%q is written as %s, which is not read: %v", s, text, err)
		}
	})
}

func FuzzFormats(f *testing.F) {
	for _, s := range []string{"{0:>{1}}", "%(a)-05.2f", "{a[b].c!r:^8}", "%*.*d", "{:z#_x}", "{{}}", "%5", "{:,.3%}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		args := []any{1, "a", 2.5, NewList(1), nil}
		if _, err := FormatText(s, args, DictOf("a", 1, "b", NewDict())); err == nil && len(s) > 0 && s[0] == '}' && (len(s) == 1 || s[1] != '}') {
			t.Fatalf("%q: a single brace is accepted", s)
		}
		if _, err := Percent(s, &Tuple{Items: args}); err == nil && s == "" {
			t.Fatal("arguments are left over, but accepted")
		}
		Naive(DateTime{}.Time).Strftime(s)
		if d, err := Strptime(s, s); err == nil && d.Year() > 9999 {
			t.Fatalf("%q: year %d", s, d.Year())
		}
	})
}
