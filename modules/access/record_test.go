package access

import (
	"strings"
	"testing"
)

func databaseOf(passwd, group string) *database {
	split := func(path, text string) *table {
		t := &table{path: path, found: true}
		if text != "" {
			t.lines = strings.Split(text, "\n")
		}
		return t
	}
	return &database{tables: map[string]*table{passwdFile: split(passwdFile, passwd), groupFile: split(groupFile, group)}}
}

func (d *database) text() string {
	return strings.Join(d.in(passwdFile).lines, "\n") + "\x00" + strings.Join(d.in(groupFile).lines, "\n")
}

// What a record says of a name comes back exactly after everything about the name was taken away or changed.
func FuzzRecord(f *testing.F) {
	f.Add("root:x:0:0::/root:/bin/sh\nbob:x:5:5::/b:/s\nzoe:x:6:6::/z:/s", "root:x:0:\nadm:x:4:zoe,bob,al\nbob:x:5:", "bob")
	f.Add("bob:x", "bob\nbob2:bob", "bob")
	f.Add("", "a:b:c:d,e,,f", "")
	f.Fuzz(func(t *testing.T, passwd, group, name string) {
		d := databaseOf(passwd, group)
		seen := map[string]bool{}
		for _, file := range []string{passwdFile, groupFile} {
			clear(seen)
			for _, line := range d.in(file).lines {
				if seen[keyOf(line)] || strings.ContainsAny(name, ":,\n") || name == "" || keyOf(line) == "" {
					return // names that stand twice are not put back in their places
				}
				seen[keyOf(line)] = true
				own := 0
				for _, m := range members(line) {
					if m == name {
						own++
					}
					if m == "" || own > 1 {
						return
					}
				}
			}
		}
		before := d.text()
		rec := recordOf(d, name, passwdFile, groupFile)
		for _, line := range append([]string{}, d.in(groupFile).lines...) {
			d.in(groupFile).setMember(keyOf(line), name, false, -1)
		}
		d.in(passwdFile).remove(name)
		d.in(groupFile).remove(name)
		rec.restore(d, name, passwdFile, groupFile)
		if after := d.text(); after != before {
			t.Fatalf("%q becomes %q", before, after)
		}
	})
}

func FuzzFstab(f *testing.F) {
	f.Add("# note\nLABEL=x /srv ext4 defaults\nbad", "/srv", "LABEL=y", "ro")
	f.Add("a none swap sw 0 0", "none", "b", "sw")
	f.Fuzz(func(t *testing.T, content, point, source, opts string) {
		kind := "ext4"
		p := MountParams{Path: point, Src: &source, FSType: &kind, Opts: &opts, Dump: "0", Passno: "0", Boot: true, State: "present"}
		for _, field := range p.fields() {
			if len(strings.Fields(field)) != 1 || strings.Fields(field)[0] != field {
				return // no line of six fields
			}
		}
		if strings.HasPrefix(source, "#") {
			return
		}
		once, _ := p.editFstab(content)
		if twice, changed := p.editFstab(once); changed {
			t.Fatalf("%q, then %q", once, twice)
		}
		p.State = "absent"
		gone, _ := p.editFstab(once)
		if again, changed := p.editFstab(gone); changed {
			t.Fatalf("%q, then %q", gone, again)
		}
	})
}
