package facts

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// pythonRelease is a version of Python as sys.version_info takes it apart.
type pythonRelease struct {
	text                string
	major, minor, micro int
	level               string
	serial              int
}

var pythonVersionLine = regexp.MustCompile(`^Python ((\d+)\.(\d+)\.(\d+)(?:(a|b|rc)(\d+))?\+?)`)

func parsePythonVersion(line string) pythonRelease {
	m := pythonVersionLine.FindStringSubmatch(line)
	if m == nil {
		return pythonRelease{}
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	levels := map[string]string{"": "final", "a": "alpha", "b": "beta", "rc": "candidate"}
	return pythonRelease{text: m[1], major: number(m[2]), minor: number(m[3]), micro: number(m[4]),
		level: levels[m[5]], serial: number(m[6])}
}

// python describes the python3 that modules of other tools would run with. Nothing is said where there is none.
func (g *gathering) python() map[string]any {
	v := g.pythonVersion()
	if v.text == "" {
		return nil
	}
	return map[string]any{"python": map[string]any{
		"executable": g.pythonPath(), "type": "cpython", "has_sslcontext": g.pythonHasSSL(v),
		"version": map[string]any{"major": v.major, "minor": v.minor, "micro": v.micro,
			"releaselevel": v.level, "serial": v.serial},
		"version_info": []any{v.major, v.minor, v.micro, v.level, v.serial},
	}}
}

// pythonPath is the system's own python3, else the one in PATH, else the one that Red Hat hides for its tools.
func (g *gathering) pythonPath() string {
	for _, name := range []string{"/usr/bin/python3", "python3", "/usr/libexec/platform-python"} {
		if file, err := g.r.LookPath(name); err == nil {
			return file
		}
	}
	return ""
}

func (g *gathering) askPython() pythonRelease {
	program := g.pythonPath()
	if program == "" {
		return pythonRelease{}
	}
	out, _ := g.query(program, "-V")
	return parsePythonVersion(strings.TrimSpace(out))
}

// pythonHasSSL looks for the interpreter's ssl extension; where its folder is not known it is taken to be there.
func (g *gathering) pythonHasSSL(v pythonRelease) bool {
	known := false
	for _, lib := range []string{"/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"} {
		dir := path.Join(lib, "python"+strconv.Itoa(v.major)+"."+strconv.Itoa(v.minor), "lib-dynload")
		for _, name := range g.names(dir) {
			known = true
			if strings.HasPrefix(name, "_ssl.") {
				return true
			}
		}
	}
	return !known
}
