package services

import (
	"io/fs"
	"path"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// initScript is where the init script of a service lies; a path is taken as it is.
func initScript(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return initDir + "/" + name
}

// sysvEnabled reports whether some runlevel, or the given one, starts an init script.
func sysvEnabled(r sys.Reader, name, runlevel string) bool {
	base := "/etc"
	if st, err := r.Stat("/etc/rc0.d"); err != nil || !st.IsDir() {
		base = initDir
	}
	if runlevel == "" {
		runlevel = "?"
	}
	return len(glob(r, base, "rc"+runlevel+".d", "S??"+path.Base(name))) > 0
}

// glob lists the paths base/DIR/NAME whose folder and name match patterns.
func glob(r sys.Reader, base, dirPattern, pattern string) []string {
	var out []string
	list, _ := r.ReadDir(base)
	for _, d := range list {
		if ok, _ := path.Match(dirPattern, d.Name()); !ok || d.Type()&fs.ModeType != fs.ModeDir {
			continue
		}
		inner, _ := r.ReadDir(base + "/" + d.Name())
		for _, f := range inner {
			if ok, _ := path.Match(pattern, f.Name()); ok {
				out = append(out, base+"/"+d.Name()+"/"+f.Name())
			}
		}
	}
	return out
}
