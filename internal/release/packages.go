package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// content is a file of a package, in nfpm's words.
type content struct {
	Source   string   `json:"src"`
	Target   string   `json:"dst"`
	FileInfo fileInfo `json:"file_info"`
	Packager string   `json:"packager,omitempty"` // the only kind of package that has it; "" is all
}

type fileInfo struct {
	Mode  int64     `json:"mode"`
	MTime time.Time `json:"mtime"`
}

// packagers are the kinds of packages that are made.
var packagers = []string{"deb", "rpm"}

// packages has nfpm make a deb and an rpm of the program in dir. JSON is YAML as well, which nfpm reads.
func (r *release) packages(ctx context.Context, dir, arch string) error {
	places := map[string]string{"man/": "/usr/share/man/man1/", "completions/muster.bash": "/usr/share/bash-completion/completions/muster",
		"completions/muster.fish": "/usr/share/fish/vendor_completions.d/muster.fish",
		"schema/":                 "/usr/share/muster/schema/", "LICENSE": "/usr/share/doc/muster/copyright", "README.md": "/usr/share/doc/muster/README.md", "CHANGELOG.md": "/usr/share/doc/muster/CHANGELOG.md"}
	zsh := map[string]string{"deb": "/usr/share/zsh/vendor-completions/_muster", "rpm": "/usr/share/zsh/site-functions/_muster"}
	contents := []content{{filepath.Join(dir, "muster"), "/usr/bin/muster", fileInfo{0o755, r.when}, ""}}
	for _, e := range sorted(r.shared) {
		file := filepath.Join(dir, strings.ReplaceAll(e.name, "/", "_"))
		if err := os.WriteFile(file, e.data, 0o644); err != nil {
			return err
		}
		for prefix, place := range places {
			if rest, ok := strings.CutPrefix(e.name, prefix); ok {
				contents = append(contents, content{file, place + rest, fileInfo{e.mode, r.when}, ""})
			}
		}
		if e.name == "completions/_muster" {
			for _, kind := range packagers {
				contents = append(contents, content{file, zsh[kind], fileInfo{e.mode, r.when}, kind})
			}
		}
	}
	config, err := json.Marshal(map[string]any{
		"name": "muster", "arch": arch, "platform": "linux", "version": r.version, "section": "admin", "priority": "optional", "mtime": r.when,
		"maintainer": "muster <muster@example.org>", "description": "Run Ansible playbooks over SSH, without Python on the hosts",
		"homepage": "https://github.com/musterhq/muster", "license": "Apache-2.0", "contents": contents,
		"rpm": map[string]any{"buildhost": "localhost"},
	})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "nfpm.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return err
	}
	for _, kind := range packagers {
		if err := run(ctx, []string{"GOFLAGS="}, "go", "run", r.nfpm, "package", "-f", file, "-p", kind, "-t", r.out); err != nil {
			return err
		}
	}
	return nil
}
