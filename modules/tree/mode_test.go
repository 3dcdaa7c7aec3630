package tree

import (
	"testing"
)

func TestMode(t *testing.T) {
	for _, c := range []struct {
		text  string
		now   uint32
		isDir bool
		want  uint32
	}{
		{"0644", 0o777, false, 0o644}, {"644", 0, false, 0o644}, {"0o4755", 0, false, 0o4755}, {"1777", 0, true, 0o1777},
		{"u=rw,g=r,o=", 0o777, false, 0o640}, {"u+x", 0o644, false, 0o744}, {"a-w", 0o666, false, 0o444}, {"go=", 0o755, false, 0o700},
		{"u=rwX,g=rX,o=", 0o600, false, 0o640}, {"u=rwX,g=rX,o=", 0o700, false, 0o750}, {"u=rwX,g=rX,o=", 0o600, true, 0o750},
		{"g=u", 0o640, false, 0o660}, {"u+s,g+s", 0o755, false, 0o6755}, {"o+t", 0o755, true, 0o1755}, {"+x", 0o644, false, 0o755}, {"+w", 0o444, false, 0o644},
		{"u=rw-x+X,g=r-x+X,o=r-x+X", 0o777, false, 0o755}, {"ug+r,o-r", 0o004, false, 0o440}, {"u=r,u+w", 0o777, false, 0o677},
	} {
		m, err := ParseMode(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := m.Apply(c.now, c.isDir, 0o022); got != c.want {
			t.Errorf("%s on %04o: %04o, want %04o", c.text, c.now, got, c.want)
		}
	}
	for _, bad := range []string{"", "rw", "u=q", "8", "u~r", "77777", "z+r"} {
		if m, err := ParseMode(bad); err == nil {
			t.Errorf("%q was accepted: %+v", bad, m)
		}
	}
	var m Mode
	if err := m.UnmarshalParam(644); err != nil || m.Apply(0, false, 0) != 644 {
		t.Errorf("numbers are taken as they are: %o %v", m.Apply(0, false, 0), err)
	}
	if err := m.UnmarshalParam(9999); err == nil {
		t.Error("9999 is no mode")
	}
}

func FuzzMode(f *testing.F) {
	for _, s := range []string{"0644", "u=rwX,g-w", "a+t", "ugo=", "+x", "preserve", "u=g+o-u"} {
		f.Add(s, uint32(0o755))
	}
	f.Fuzz(func(t *testing.T, s string, now uint32) {
		m, err := ParseMode(s)
		if err != nil {
			return
		}
		if got := m.Apply(now&0o7777, true, 0o022); got > 0o7777 {
			t.Errorf("%q: %o", s, got)
		}
		var change FlagChange
		if change.UnmarshalParam(s) == nil {
			_ = change.Apply(now)
		}
		_, _ = SplitWords(s)
	})
}
