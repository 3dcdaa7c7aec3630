package dpkg

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// StatusPath is dpkg's database of installed packages.
const StatusPath = "/var/lib/dpkg/status"

// Package is an entry of dpkg's database.
type Package struct {
	Name         string
	Architecture string
	Version      string
	Section      string
	Provides     string
	Want         string // install, hold, deinstall, purge
	State        string // installed, config-files, half-installed …
	Conffiles    bool
}

// Installed reports whether the package is fully installed.
func (p Package) Installed() bool { return p.State == "installed" }

// Database is dpkg's database as it was read.
type Database struct {
	data   []byte
	native string
}

// Read reads the database; a host without one has no packages.
func Read(r sys.Reader) (*Database, error) {
	data, err := r.ReadFile(StatusPath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return Parse(data), nil
}

// Parse takes the text of a status file. Entries are read when they are asked for.
func Parse(data []byte) *Database { return &Database{data: data} }

// Each calls f with every entry until it returns false.
func (d *Database) Each(f func(Package) bool) {
	d.stanzas(func(s []byte) bool { return f(parsePackage(s)) })
}

// stanzas walks over the entries, blocks of lines between empty ones.
func (d *Database) stanzas(f func([]byte) bool) {
	rest := d.data
	for len(rest) > 0 {
		s := rest
		if i := bytes.Index(rest, []byte("\n\n")); i >= 0 {
			s, rest = rest[:i+1], rest[i+2:]
		} else {
			rest = nil
		}
		if s = bytes.TrimLeft(s, "\n"); len(s) > 0 && !f(s) {
			return
		}
	}
}

// Lookup returns the entries of a name; several architectures of one package are several entries.
func (d *Database) Lookup(name string) []Package {
	var out []Package
	head := []byte("Package: " + name + "\n")
	for at := 0; ; {
		i := bytes.Index(d.data[at:], head)
		if i < 0 {
			return out
		}
		i += at
		at = i + len(head)
		if i > 0 && d.data[i-1] != '\n' || i > 1 && d.data[i-2] != '\n' {
			continue // not the first line of an entry
		}
		end := bytes.Index(d.data[i:], []byte("\n\n"))
		if end < 0 {
			end = len(d.data) - i
		}
		out = append(out, parsePackage(d.data[i:i+end]))
	}
}

// Native is the architecture of the host, which is dpkg's own.
func (d *Database) Native() string {
	if d.native == "" {
		for _, p := range d.Lookup("dpkg") {
			d.native = p.Architecture
		}
	}
	return d.native
}

// Find returns the entry that apt means by a name: the native one, or that of NAME:ARCHITECTURE.
func (d *Database) Find(name string) (Package, bool) {
	base, arch, qualified := strings.Cut(name, ":")
	entries := d.Lookup(base)
	for _, p := range entries {
		switch {
		case !qualified && (p.Architecture == d.Native() || p.Architecture == "all"):
			return p, true
		case qualified && (p.Architecture == arch || arch == "any" || arch == "native" && p.Architecture == d.Native() ||
			p.Architecture == "all" && arch == d.Native()):
			return p, true
		}
	}
	if !qualified && d.Native() == "" && len(entries) > 0 {
		return entries[0], true
	}
	return Package{}, false
}

// Name is how apt calls a package: architectures other than the host's are part of the name.
func (d *Database) Name(p Package) string {
	if p.Architecture == d.Native() || p.Architecture == "all" || p.Architecture == "" {
		return p.Name
	}
	return p.Name + ":" + p.Architecture
}

// Provider returns an installed package that provides a virtual one.
func (d *Database) Provider(name string) (Package, bool) {
	if !bytes.Contains(d.data, []byte(name)) {
		return Package{}, false
	}
	var found Package
	ok := false
	d.stanzas(func(s []byte) bool {
		if !bytes.Contains(s, []byte("\nProvides:")) {
			return true
		}
		p := parsePackage(s)
		if p.Installed() && provides(p.Provides, name) {
			found, ok = p, true
		}
		return !ok
	})
	return found, ok
}

// provides looks for a name in "a, b (= 1.2), c".
func provides(list, name string) bool {
	for _, item := range strings.Split(list, ",") {
		item = strings.TrimSpace(item)
		if i := strings.IndexAny(item, " (:"); i >= 0 {
			item = item[:i]
		}
		if item == name {
			return true
		}
	}
	return false
}

func parsePackage(s []byte) Package {
	var p Package
	field := ""
	for len(s) > 0 {
		line := s
		if i := bytes.IndexByte(s, '\n'); i >= 0 {
			line, s = s[:i], s[i+1:]
		} else {
			s = nil
		}
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			if field == "Conffiles" {
				p.Conffiles = true
			}
			if field == "Provides" {
				p.Provides += string(line)
			}
			continue
		}
		i := bytes.IndexByte(line, ':')
		if i < 0 {
			field = ""
			continue
		}
		field = fieldName(line[:i])
		p.set(field, line[i+1:])
	}
	return p
}

// fieldName keeps the names of fields that matter without allocating for the others.
func fieldName(b []byte) string {
	switch string(b) {
	case "Package":
		return "Package"
	case "Status":
		return "Status"
	case "Version":
		return "Version"
	case "Architecture":
		return "Architecture"
	case "Section":
		return "Section"
	case "Provides":
		return "Provides"
	case "Conffiles":
		return "Conffiles"
	default:
		return ""
	}
}

func (p *Package) set(field string, value []byte) {
	if field == "" {
		return
	}
	v := string(bytes.TrimSpace(value))
	switch field {
	case "Package":
		p.Name = v
	case "Status":
		if f := strings.Fields(v); len(f) == 3 {
			p.Want, p.State = f[0], f[2]
		}
	case "Version":
		p.Version = v
	case "Architecture":
		p.Architecture = v
	case "Section":
		p.Section = v
	case "Provides":
		p.Provides = v
	case "Conffiles":
		p.Conffiles = v != ""
	}
}
