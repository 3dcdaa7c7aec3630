package dpkg

import (
	"reflect"
	"strings"
	"testing"
)

const status = `Package: dpkg
Status: install ok installed
Section: admin
Architecture: amd64
Version: 1.21.22

Package: postfix
Status: install ok installed
Architecture: amd64
Version: 3.7.11-0
Provides: default-mta, mail-transport-agent (= 1),
 smtp-thing:any
Conffiles:
 /etc/init.d/postfix 0123
Description: a server
 Package: fake
 Version: 9

Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36

Package: libc6
Status: hold ok installed
Architecture: i386
Version: 2.35

Package: old
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: half
Status: install ok half-configured
Architecture: all
Version: 2.0`

func TestTheDatabase(t *testing.T) {
	d := Parse([]byte(status))
	for name, want := range map[string]string{"dpkg": "1.21.22", "postfix": "3.7.11-0", "libc6": "2.36", "libc6:amd64": "2.36", "libc6:i386": "2.35", "old": "1.0",
		"half": "2.0", "old:amd64": "1.0", "fake": "", "lib": "", "nothing": "", "libc6:arm64": ""} {
		p, ok := d.Find(name)
		if ok != (want != "") || p.Version != want {
			t.Errorf("%s: got %q, %v", name, p.Version, ok)
		}
	}
	p, _ := d.Find("postfix")
	if !p.Conffiles || !p.Installed() || p.Want != "install" {
		t.Errorf("got %+v", p)
	}
	if p, _ := d.Find("half"); p.Installed() {
		t.Error("half-configured counts as installed")
	}
	for _, name := range []string{"default-mta", "mail-transport-agent", "smtp-thing"} {
		if p, ok := d.Provider(name); !ok || p.Name != "postfix" {
			t.Errorf("%s is provided by %v", name, p)
		}
	}
	if _, ok := d.Provider("mail"); ok {
		t.Error("part of a name was taken for it")
	}
	var names []string
	d.Each(func(p Package) bool { names = append(names, d.Name(p)); return p.Name != "old" })
	if strings.Join(names, " ") != "dpkg postfix libc6 libc6:i386 old" {
		t.Errorf("got %q", names)
	}
	if Parse(nil).Native() != "" {
		t.Error("an empty database has an architecture")
	}
}

func TestPackagesThatCameAsDependencies(t *testing.T) {
	text := "Package: libc6\nArchitecture: i386\nAuto-Installed: 1\n\nPackage: postfix\nArchitecture: amd64\nAuto-Installed: 0\n\nPackage: old\nArchitecture: amd64\nAuto-Installed: 1"
	got := parseAuto([]byte(text), Parse([]byte(status)))
	if !reflect.DeepEqual(got, map[string]bool{"libc6:i386": true, "old": true}) {
		t.Errorf("got %v", got)
	}
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte(status), "libc6:i386")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		d := Parse(data)
		n := 0
		d.Each(func(p Package) bool {
			n++
			if p.Name != "" && !strings.ContainsAny(p.Name, "\n") && strings.HasPrefix(string(data), "Package: "+p.Name+"\n") && len(d.Lookup(p.Name)) == 0 {
				t.Fatalf("%q is listed, but not found", p.Name)
			}
			return n < 1000
		})
		d.Find(name)
		d.Provider(name)
		parseAuto(data, d)
	})
}
