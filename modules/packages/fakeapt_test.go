package packages

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

// fakeApt is a package system in a throw-away machine: a repository in memory, dpkg's database in the machine's files.
type fakeApt struct {
	s     sys.System
	lines []string
	stamp int
}

// repository has versions from old to new; needs are installed along.
func repository() map[string][]string {
	return map[string][]string{"a": {"1.0", "1.1", "2.0"}, "b": {"1.0"}, "dep": {"1.0", "1.5"}, "virt1": {"1.0"}, "virt2": {"1.0"}, "dpkg": {"1"}, "broken": {"1"}}
}

func needs(name string) []string {
	if name == "b" {
		return []string{"dep"}
	}
	return nil
}

func (f *fakeApt) start(t *testing.T, s sys.System, installed map[string]string) {
	t.Helper()
	f.s = s
	for _, dir := range []string{"/var/lib", "/var/lib/dpkg", "/var/lib/apt", "/var/lib/apt/lists", "/var/lib/apt/periodic", "/usr/sbin"} {
		modulestest.Dir(t, s, dir)
	}
	modulestest.Write(t, s, dpkg.ExtendedStatesPath, "Package: dep\nArchitecture: all\nAuto-Installed: 1\n\n", 0o644)
	modulestest.Write(t, s, successStamp, "0", 0o644)
	installed["dpkg"] = "1"
	f.save(installed)
}

func (f *fakeApt) load() map[string]string {
	db, err := dpkg.Read(f.s)
	if err != nil {
		panic(err)
	}
	have := map[string]string{}
	db.Each(func(p dpkg.Package) bool {
		have[p.Name] = version(db, p.Name)
		return true
	})
	return have
}

func (f *fakeApt) save(have map[string]string) {
	var names []string
	for n := range have {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		state, v, extra := "install ok installed", have[n], ""
		if v == configFiles {
			state, v = "deinstall ok config-files", "1.0"
		}
		if n == "b" {
			extra = "Conffiles:\n /etc/b x\n"
		}
		if n == "virt1" {
			extra = "Provides: virtual\n"
		}
		fmt.Fprintf(&b, "Package: %s\nStatus: %s\nArchitecture: all\nVersion: %s\n%s\n", n, state, v, extra)
	}
	if err := f.s.WriteFile(dpkg.StatusPath, strings.NewReader(b.String()), sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1}); err != nil {
		panic(err)
	}
}

// words are the arguments that are no options; set reports an option.
func words(argv []string) (out []string, set func(string) bool) {
	for i := 1; i < len(argv); i++ {
		switch {
		case argv[i] == "-o" || argv[i] == "-t":
			i++
		case !strings.HasPrefix(argv[i], "-"):
			out = append(out, argv[i])
		}
	}
	return out, func(o string) bool { return slices.Contains(argv, o) }
}

func (f *fakeApt) aptGet(c sys.Command) (sys.Output, error) {
	w, set := words(c.Argv)
	have := f.load()
	next := map[string]string{}
	for n, v := range have {
		next[n] = v
	}
	purge := set("--purge")
	switch w[0] {
	case "update":
		f.stamp++
		return sys.Output{}, f.s.WriteFile(successStamp, strings.NewReader(fmt.Sprint(f.stamp)), sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1})
	case "clean":
		return sys.Output{}, nil
	case "autoclean":
		return sys.Output{Stdout: []byte("Reading package lists...\n")}, nil
	case "install":
		for _, spec := range w[1:] {
			if n, gone := strings.CutSuffix(spec, "-"); gone {
				drop(next, n, purge)
				continue
			}
			n, v, _ := strings.Cut(spec, "=")
			if n == "broken" {
				return sys.Output{Code: 100, Stderr: []byte("E: Unable to correct problems, you have held broken packages.\n")}, nil
			}
			next[n] = v
			for _, d := range needs(n) {
				if !isInstalled(next[d]) {
					next[d] = "1.5"
				}
			}
		}
	case "remove":
		for _, n := range w[1:] {
			drop(next, n, purge)
		}
	case "autoremove":
		if !isInstalled(next["b"]) {
			drop(next, "dep", purge)
		}
	case "upgrade", "dist-upgrade":
		for n, v := range next {
			if versions := repository()[n]; isInstalled(v) {
				next[n] = versions[len(versions)-1]
			}
		}
	}
	out := transaction(have, next, purge)
	if !set("--simulate") {
		f.lines = append(f.lines, strings.Join(c.Argv, " "))
		f.save(next)
	}
	return sys.Output{Stdout: []byte(out)}, nil
}

func drop(have map[string]string, name string, purge bool) {
	switch {
	case !purge && name == "b" && isInstalled(have[name]):
		have[name] = configFiles
	default:
		delete(have, name)
	}
}

// transaction prints what changes as apt-get does.
func transaction(have, next map[string]string, purge bool) string {
	out := "Reading package lists...\nBuilding dependency tree...\nReading state information...\n"
	var names []string
	for n := range repository() {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		before, after := have[n], next[n]
		switch {
		case before == after:
		case isInstalled(after) && isInstalled(before):
			out += fmt.Sprintf("Inst %s [%s] (%s Fake:1 [all])\n", n, before, after)
		case isInstalled(after):
			out += fmt.Sprintf("Inst %s (%s Fake:1 [all])\n", n, after)
		case isInstalled(before) && purge:
			out += fmt.Sprintf("Purg %s [%s]\n", n, before)
		case isInstalled(before):
			out += fmt.Sprintf("Remv %s [%s]\n", n, before)
		}
	}
	return out + "1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\nmore\n"
}

func (f *fakeApt) aptCache(c sys.Command) (sys.Output, error) {
	w, _ := words(c.Argv)
	var b strings.Builder
	switch w[0] {
	case "policy":
		for _, n := range w[1:] {
			if versions := repository()[n]; versions != nil {
				fmt.Fprintf(&b, "%s:\n  Installed: x\n  Candidate: %s\n  Version table:\n", n, versions[len(versions)-1])
				for _, v := range versions {
					fmt.Fprintf(&b, "     %s 500\n        500 http://x y Packages\n", v)
				}
			}
		}
	case "showpkg":
		b.WriteString("Package: " + w[1] + "\nReverse Provides: \n")
		if w[1] == "virtual" {
			b.WriteString("virt1 1.0\nvirt2 1.0\n")
		}
	case "pkgnames":
		for n := range repository() {
			b.WriteString(n + "\n")
		}
	}
	return sys.Output{Stdout: []byte(b.String())}, nil
}

func (f *fakeApt) aptMark(c sys.Command) (sys.Output, error) {
	auto := dpkg.ReadAuto(f.s, dpkg.Parse(nil))
	for _, n := range c.Argv[2:] {
		auto[n] = c.Argv[1] == "auto"
	}
	var names []string
	for n, is := range auto {
		if is {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	text := ""
	for _, n := range names {
		text += "Package: " + n + "\nArchitecture: all\nAuto-Installed: 1\n\n"
	}
	return sys.Output{}, f.s.WriteFile(dpkg.ExtendedStatesPath, strings.NewReader(text), sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1})
}

func (f *fakeApt) commands() *sys.FakeCommands {
	return sys.NewFakeCommands().OnFunc("/usr/bin/apt-get", f.aptGet).OnFunc("apt-get", f.aptGet).OnFunc("apt-cache", f.aptCache).OnFunc("apt-mark", f.aptMark).
		OnFunc("dpkg --purge", func(c sys.Command) (sys.Output, error) {
			have := f.load()
			for _, n := range c.Argv[2:] {
				delete(have, n)
			}
			f.save(have)
			return sys.Output{}, nil
		})
}

// choose is dpkg --set-selections.
func (f *fakeApt) choose(c sys.Command) error {
	b, err := io.ReadAll(c.Stdin)
	if err != nil {
		return err
	}
	name, selection, _ := strings.Cut(string(b), " ")
	status, err := f.s.ReadFile(dpkg.StatusPath)
	if err != nil {
		return err
	}
	stanzas := strings.Split(string(status), "\n\n")
	for i, s := range stanzas {
		if strings.HasPrefix(s, "Package: "+name+"\n") {
			p, _ := dpkg.Parse([]byte(s)).Find(name)
			stanzas[i] = strings.Replace(s, "Status: "+p.Want+" ", "Status: "+selection+" ", 1)
		}
	}
	return f.s.WriteFile(dpkg.StatusPath, strings.NewReader(strings.Join(stanzas, "\n\n")), sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1})
}

func callOn(s sys.System, a map[string]any) *modules.Call { return &modules.Call{Sys: s, Args: a} }
