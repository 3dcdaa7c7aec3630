package settings

import (
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
)

// environment is the process environment as a map; of names given twice the first counts, as getenv does.
type environment map[string]string

func newEnvironment(list []string) environment {
	e := environment{}
	for _, item := range list {
		name, text, ok := strings.Cut(item, "=")
		if _, seen := e[name]; ok && !seen {
			e[name] = text
		}
	}
	return e
}

var variable = regexp.MustCompile(`\$(\w+|\{[^}]*\})`)

// expandVars replaces $NAME and ${NAME}; what is not set stays as written.
func (e environment) expandVars(s string) string {
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		name := strings.Trim(m[1:], "{}")
		if text, ok := e[name]; ok {
			return text
		}
		return m
	})
}

// expandUser replaces a leading ~ or ~name; an unknown user stays as written.
func (e environment) expandUser(s string) string {
	if !strings.HasPrefix(s, "~") {
		return s
	}
	name, rest, _ := strings.Cut(s[1:], "/")
	home := e.home(name)
	if home == "" {
		return s
	}
	return filepath.Join(home, rest)
}

func (e environment) home(name string) string {
	if name == "" {
		if h := e["HOME"]; h != "" {
			return h
		}
		if u, err := user.Current(); err == nil {
			return u.HomeDir
		}
		return ""
	}
	if u, err := user.Lookup(name); err == nil {
		return u.HomeDir
	}
	return ""
}

// resolve makes a path absolute: {{CWD}}, {{ANSIBLE_HOME}}, $VARS and ~ are replaced; a relative path counts from base.
func (s *Settings) resolve(p, base string) string {
	p = cwdMark.ReplaceAllLiteralString(p, s.cwd)
	p = homeMark.ReplaceAllLiteralString(p, s.home)
	p = s.env.expandUser(s.env.expandVars(p))
	if !filepath.IsAbs(p) {
		p = filepath.Join(base, p)
	}
	return filepath.Clean(p)
}

var (
	cwdMark  = regexp.MustCompile(`\{\{ *CWD *\}\}`)
	homeMark = regexp.MustCompile(`\{\{ *ANSIBLE_HOME *\}\}`)
)

// readable reports whether the file is there and may be read by this process.
func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	return err == nil && !info.IsDir()
}
