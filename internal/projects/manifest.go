package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/overlay"
)

//go:embed projects.yml
var manifest []byte

// project is something public that people run.
type project struct {
	Name    string        `yaml:"name"`
	Sources []source      `yaml:"sources"`
	Config  string        `yaml:"config"`   // ansible.cfg
	Play    string        `yaml:"playbook"` // what runs the roles; "" where the project has a site.yml
	Differs overlay.Rules `yaml:"differs"`
	dir     string        // a folder that holds site.yml already; "" for a listed project
}

// source is a checkout and where it belongs in the project's folder.
type source struct {
	Repo   string `yaml:"repo"`   // owner/name on GitHub
	Commit string `yaml:"commit"` // that was compared last
	Place  string `yaml:"place"`
}

// folder is the name that the checkout has among the others.
func (s source) folder() string { return filepath.Base(s.Repo) }

func choose(o options) ([]project, error) {
	if o.dir != "" {
		dir, err := filepath.Abs(o.dir)
		return []project{{Name: filepath.Base(dir), dir: dir}}, err
	}
	if o.src == "" {
		return nil, fmt.Errorf("say with -src where the checkouts are, or with -dir which folder to run")
	}
	list, err := readManifest(manifest)
	if err != nil || o.only == "" {
		return list, err
	}
	var chosen []project
	for name := range strings.SplitSeq(o.only, ",") {
		i := slices.IndexFunc(list, func(p project) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no project is called %q", name)
		}
		chosen = append(chosen, list[i])
	}
	return chosen, nil
}

func readManifest(text []byte) ([]project, error) {
	var list []project
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("projects.yml: %w", err)
	}
	for _, p := range list {
		if p.Name == "" || len(p.Sources) == 0 {
			return nil, fmt.Errorf("projects.yml: a project needs a name and sources")
		}
		for _, r := range p.Differs {
			if r.Why == "" {
				return nil, fmt.Errorf("projects.yml: %s: %s: say why it differs", p.Name, r.Path)
			}
		}
		if err := p.Differs.Compile(); err != nil {
			return nil, fmt.Errorf("projects.yml: %s: %w", p.Name, err)
		}
	}
	return list, nil
}

// stage lays a project out in a folder of its own: links to the checkouts, the playbook, ansible.cfg.
func (p project) stage(o options) (string, error) {
	if p.dir != "" {
		return p.dir, nil
	}
	dir := filepath.Join(o.work, p.Name)
	for _, s := range p.Sources {
		from, to := filepath.Join(o.src, s.folder()), filepath.Join(dir, s.Place)
		if _, err := os.Stat(from); err != nil {
			return "", fmt.Errorf("%w (git clone https://github.com/%s %s)", err, s.Repo, from)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return "", err
		}
		if err := os.Symlink(from, to); err != nil {
			return "", err
		}
	}
	files := map[string]string{"ansible.cfg": p.Config}
	if p.Play != "" {
		files["site.yml"] = p.Play
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}
