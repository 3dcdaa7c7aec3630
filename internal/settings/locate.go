package settings

import (
	"os"
	"path/filepath"

	"github.com/musterhq/muster/internal/diag"
)

// locate finds the configuration file: $ANSIBLE_CONFIG (a folder means ansible.cfg in it), ./ansible.cfg unless anybody
// may write into that folder, ~/.ansible.cfg, /etc/ansible/ansible.cfg. It returns "" when there is none.
func (s *Settings) locate() (string, diag.List) {
	var candidates []string
	named, fromEnv := s.env["ANSIBLE_CONFIG"]
	if fromEnv {
		named = s.resolve(named, s.cwd)
		if info, err := os.Stat(named); err == nil && info.IsDir() {
			named = filepath.Join(named, "ansible.cfg")
		}
		candidates = append(candidates, named)
	}
	local := filepath.Join(s.cwd, "ansible.cfg")
	skipped := false
	if info, err := os.Stat(s.cwd); err == nil {
		if info.Mode().Perm()&0o002 != 0 {
			skipped = readable(local)
		} else {
			candidates = append(candidates, local)
		}
	}
	candidates = append(candidates, s.resolve("~/.ansible.cfg", s.cwd), "/etc/ansible/ansible.cfg")
	chosen := ""
	for _, c := range candidates {
		if readable(c) {
			chosen = c
			break
		}
	}
	var found diag.List
	if skipped && !(fromEnv && chosen == named) {
		found.Add((&diag.Diagnostic{Severity: diag.Warning, Pos: diag.Pos{File: local},
			Summary: "this file is ignored, because anybody may write into its folder"}).
			WithHint("chmod o-w %s, or name the file in ANSIBLE_CONFIG", s.cwd))
	}
	return chosen, found
}

// readFile parses the configuration file, if there is one.
func (s *Settings) readFile() diag.List {
	path, found := s.locate()
	if path == "" {
		return found
	}
	s.ConfigFile = path
	if ext := filepath.Ext(path); ext != ".cfg" && ext != ".ini" {
		found.Add(diag.Errorf(diag.Pos{File: path}, "a configuration file must be named *.cfg or *.ini"))
		return found
	}
	src, err := os.ReadFile(path)
	if err != nil {
		found.Add(diag.Errorf(diag.Pos{File: path}, "the configuration file cannot be read: %v", err))
		return found
	}
	f, problems := parseINI(path, src)
	s.file = f
	return append(found, problems...)
}
