package systemd

import (
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// UnitFile is a unit file and its enablement.
type UnitFile struct {
	Name  string
	State string // as `systemctl list-unit-files` prints it
	Unit  string // the unit behind an alias, else the name
}

// UnitFiles knows the folders of unit files: every name in them, every link, and so what is enabled. Asking systemd for
// this costs it hundreds of milliseconds, reading the folders a few.
type UnitFiles struct {
	r     sys.Reader
	dirs  []*unitDir
	paths map[string]int // folder to its place in dirs
}

// unitDir is one folder of the search path.
type unitDir struct {
	path    string
	entries map[string]unitEntry
	names   map[string][]unitLink // links by their own name, here and in .wants and .requires
	targets map[string][]unitLink // links by the name they point to
	dropins map[string]bool       // folders *.d
}

type unitEntry struct{ target string } // "" for a file

type unitLink struct {
	name, target string
	top          bool // in the folder itself, not in .wants or .requires
}

// SearchPath is where systemd looks for the system's unit files by default.
func SearchPath() []string {
	return []string{"/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
		"/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached", "/run/systemd/system",
		"/run/systemd/system.attached", "/run/systemd/generator", "/usr/local/lib/systemd/system", "/lib/systemd/system",
		"/usr/lib/systemd/system", "/run/systemd/generator.late"}
}

// ScanUnitFiles reads the folders of a search path; folders that are not there are skipped.
func ScanUnitFiles(r sys.Reader, searchPath []string) *UnitFiles {
	u := &UnitFiles{r: r, paths: map[string]int{}}
	type identity struct{ dev, inode uint64 }
	seen := map[identity]int{}
	for _, p := range searchPath {
		st, err := r.Stat(p)
		if err != nil || !st.IsDir() {
			continue
		}
		id := identity{st.Dev, st.Inode}
		if i, again := seen[id]; again {
			u.paths[p] = i
			continue
		}
		d := scanDir(r, p)
		seen[id], u.paths[p] = len(u.dirs), len(u.dirs)
		u.dirs = append(u.dirs, d)
	}
	return u
}

func scanDir(r sys.Reader, dir string) *unitDir {
	d := &unitDir{path: dir, entries: map[string]unitEntry{}, names: map[string][]unitLink{},
		targets: map[string][]unitLink{}, dropins: map[string]bool{}}
	list, _ := r.ReadDir(dir)
	for _, e := range list {
		name := e.Name()
		switch {
		case e.Type()&fs.ModeSymlink != 0 && !isDropinName(name):
			target := d.link(r, dir, name, true)
			if isUnitName(name) {
				d.entries[name] = unitEntry{target: target}
			}
		case strings.HasSuffix(name, ".wants") || strings.HasSuffix(name, ".requires"):
			inner, _ := r.ReadDir(dir + "/" + name)
			for _, l := range inner {
				if l.Type()&fs.ModeSymlink != 0 {
					d.link(r, dir+"/"+name, l.Name(), false)
				}
			}
		case isDropinName(name):
			d.dropins[name] = true
		case isUnitName(name):
			d.entries[name] = unitEntry{}
		}
	}
	return d
}

func isDropinName(name string) bool { return strings.HasSuffix(name, ".d") }

// link records a link and returns its absolute target.
func (d *unitDir) link(r sys.Reader, dir, name string, top bool) string {
	target, err := r.Readlink(dir + "/" + name)
	if err != nil {
		return ""
	}
	if !strings.HasPrefix(target, "/") {
		target = path.Join(dir, target)
	}
	target = path.Clean(target)
	l := unitLink{name: name, target: target, top: top}
	base := path.Base(target)
	d.names[name] = append(d.names[name], l)
	d.targets[base] = append(d.targets[base], l)
	return target
}

func isUnitName(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "@") {
		return false
	}
	for _, t := range unitTypes() {
		if name[dot:] == t {
			return true
		}
	}
	return false
}

// List returns the unit files whose names end in suffix, sorted by name.
func (u *UnitFiles) List(suffix string) []UnitFile {
	seen := map[string]bool{}
	var out []UnitFile
	for _, d := range u.dirs {
		for name := range d.entries {
			if seen[name] || !strings.HasSuffix(name, suffix) {
				continue
			}
			seen[name] = true
			out = append(out, u.Lookup(name))
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Lookup returns one unit file; its state is "" where there is none and "bad" where it cannot be read.
func (u *UnitFiles) Lookup(name string) UnitFile {
	f := UnitFile{Name: name, Unit: name}
	found, ok := u.resolve(name)
	if !ok {
		if found.exists {
			f.State = "bad"
		}
		return f
	}
	f.Unit = found.name
	f.State = u.state(name, found)
	return f
}

// resolved is a unit file after its links were followed.
type resolved struct {
	name    string // the unit's own name
	path    string // the file
	masked  bool
	exists  bool // something has the name, even where following it failed
	install installSection
}

const maxLinks = 64

func (u *UnitFiles) resolve(name string) (resolved, bool) {
	res := resolved{name: name}
	for range maxLinks {
		d, e, ok := u.find(res.name)
		if !ok {
			return res, false
		}
		res.exists = true
		res.path = d.path + "/" + res.name
		if _, own := d.entries[res.name]; !own {
			res.path = d.path + "/" + template(res.name)
		}
		if e.target == "" {
			return u.load(res)
		}
		if u.isNull(e.target) {
			res.masked = true
			return res, true
		}
		base := path.Base(e.target)
		if _, inside := u.paths[path.Dir(e.target)]; !inside || base == res.name {
			res.path = e.target
			return u.load(res)
		}
		if IsTemplate(base) && template(res.name) != "" {
			base = instantiate(base, instanceOf(res.name))
		}
		res.name = base
	}
	return res, false
}

func instanceOf(unit string) string {
	i, dot := strings.IndexByte(unit, '@'), strings.LastIndexByte(unit, '.')
	return unit[i+1 : dot]
}

// find returns the first folder that has a name, or the template of an instance.
func (u *UnitFiles) find(name string) (*unitDir, unitEntry, bool) {
	for _, n := range []string{name, template(name)} {
		if n == "" {
			continue
		}
		for _, d := range u.dirs {
			if e, ok := d.entries[n]; ok {
				return d, e, true
			}
		}
	}
	return nil, unitEntry{}, false
}

// isNull reports whether a link's target is /dev/null or empty, which masks a unit.
func (u *UnitFiles) isNull(target string) bool {
	if target == "/dev/null" {
		return true
	}
	st, err := u.r.Stat(target)
	return err == nil && (st.Mode&fs.ModeCharDevice != 0 || st.IsRegular() && st.Size == 0)
}

func (u *UnitFiles) load(res resolved) (resolved, bool) {
	data, err := u.r.ReadFile(res.path)
	if err != nil {
		return res, false
	}
	if len(data) == 0 {
		res.masked = true
		return res, true
	}
	res.install.parse(data)
	for _, n := range []string{res.name, template(res.name)} {
		if n != "" {
			u.loadDropins(n+".d", &res.install)
		}
	}
	return res, true
}

func (u *UnitFiles) loadDropins(folder string, into *installSection) {
	for _, d := range u.dirs {
		if !d.dropins[folder] {
			continue
		}
		list, _ := u.r.ReadDir(d.path + "/" + folder)
		for _, e := range list {
			if !strings.HasSuffix(e.Name(), ".conf") {
				continue
			}
			if data, err := u.r.ReadFile(d.path + "/" + folder + "/" + e.Name()); err == nil {
				into.parse(data)
			}
		}
	}
}
