package executor

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// hostFiles are the vars_files of a host whose names depend on the host's variables.
type hostFiles struct {
	mu    sync.Mutex
	found []*value.Dict // by index in VarsFiles; nil while the name cannot be rendered
	busy  bool
}

// loadVarsFiles reads the vars_files whose names are the same for every host, and refuses those that do not exist.
func (x *Executor) loadVarsFiles(p *playRun) error {
	for _, a := range p.play.VarsFiles {
		if hasTemplate(a.Value) {
			continue
		}
		if _, err := p.firstVarsFile(x.newScope(p, nil, nil), a); err != nil {
			return err
		}
	}
	return nil
}

func hasTemplate(v any) bool {
	switch x := v.(type) {
	case value.Template:
		return true
	case *value.List:
		for _, item := range x.Items {
			if hasTemplate(item) {
				return true
			}
		}
	case *value.Dict:
		for _, item := range x.All() {
			if hasTemplate(item) {
				return true
			}
		}
	}
	return false
}

// firstVarsFile reads one entry of vars_files: a file that must exist, or a list of which the first that exists counts.
func (p *playRun) firstVarsFile(s *scope, a playbook.Attr) (*value.Dict, error) {
	names := []any{a.Value}
	if l, ok := a.Value.(*value.List); ok {
		names = l.Items
	}
	var tried []string
	for _, n := range names {
		v, err := s.render(n)
		if err != nil {
			return nil, at(a.Pos, err)
		}
		d, path, err := p.varsFile(value.Str(v))
		if err != nil {
			return nil, err
		}
		if d != nil {
			return d, nil
		}
		tried = append(tried, path)
	}
	return nil, diag.Errorf(a.Pos, "vars file %s was not found", strings.Join(tried, ", ")).
		WithHint("names are looked for beside the playbook and in its vars folder")
}

// varsFile reads a file once; nil without an error when it does not exist.
func (p *playRun) varsFile(name string) (*value.Dict, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var path string
	for _, dir := range []string{filepath.Join(p.play.Dir, "vars"), p.play.Dir} {
		path = name
		if !filepath.IsAbs(name) {
			path = filepath.Join(dir, name)
		}
		if st, err := os.Stat(path); err == nil && !st.IsDir() {
			break
		}
	}
	if d, ok := p.files[path]; ok {
		return d, path, nil
	}
	d, err := p.x.o.Loader.PlayVarsFile(path)
	if os.IsNotExist(err) {
		d, err = nil, nil
	}
	if err != nil {
		return nil, path, err
	}
	p.files[path] = d
	return d, path, nil
}

// eachFile calls f with the play's vars_files for a host, the last first, until f returns true.
func (p *playRun) eachFile(h *hostState, f func(*value.Dict) bool) bool {
	if len(p.play.VarsFiles) == 0 {
		return false
	}
	files := p.filesFor(h)
	for i := len(files) - 1; i >= 0; i-- {
		if files[i] != nil && f(files[i]) {
			return true
		}
	}
	return false
}

func (p *playRun) filesFor(h *hostState) []*value.Dict {
	p.mu.Lock()
	hf, ok := p.perHost[h]
	if !ok {
		hf = &hostFiles{found: make([]*value.Dict, len(p.play.VarsFiles))}
		p.perHost[h] = hf
	}
	p.mu.Unlock()
	hf.mu.Lock()
	if hf.busy { // a name of a vars file refers to a variable that is looked for in vars files
		defer hf.mu.Unlock()
		return append([]*value.Dict(nil), hf.found...)
	}
	hf.busy = true
	found := append([]*value.Dict(nil), hf.found...)
	hf.mu.Unlock()
	s := p.x.newScope(p, h, nil)
	for i, a := range p.play.VarsFiles {
		if found[i] == nil {
			if d, err := p.firstVarsFile(s, a); err == nil {
				found[i] = d
			}
		}
	}
	hf.mu.Lock()
	defer hf.mu.Unlock()
	hf.found, hf.busy = found, false
	return found
}
