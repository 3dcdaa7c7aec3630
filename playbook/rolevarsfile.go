package playbook

import (
	"os"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// parsedVars remembers the files of variables of roles, which are read for every use of a role: many roles of a project
// depend on one. It is safe for concurrent use.
type parsedVars struct {
	mu    sync.Mutex
	files map[string]parsedFile
}

type parsedFile struct {
	modified time.Time
	size     int64
	root     *yaml.Node
}

// roleVarsFile reads a file of variables as VarsFile does. A file that did not change since is not parsed again; the values are
// new ones for every caller.
func (l *Loader) roleVarsFile(file string) (*value.Dict, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	l.vars.mu.Lock()
	known, ok := l.vars.files[file]
	l.vars.mu.Unlock()
	if !ok || !known.modified.Equal(info.ModTime()) || known.size != info.Size() {
		known = parsedFile{modified: info.ModTime(), size: info.Size()}
		src, err := l.read(file)
		if err != nil {
			return nil, err
		}
		docs, err := yaml11.Parse(file, src)
		if err != nil {
			return nil, err
		}
		if len(docs) != 1 || docs[0].Root == nil {
			return l.VarsFile(file)
		}
		known.root = docs[0].Root
		l.vars.mu.Lock()
		if l.vars.files == nil {
			l.vars.files = map[string]parsedFile{}
		}
		l.vars.files[file] = known
		l.vars.mu.Unlock()
	}
	v, err := yaml11.Value(file, known.root, yaml11.Trusted)
	if err != nil {
		return nil, err
	}
	return variables(file, v)
}
