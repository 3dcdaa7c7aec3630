package sshconfig

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// Loader answers questions about hosts from the configuration of one user on one machine. It reads each file once.
// Its methods may be called concurrently; its fields must not change after the first call.
type Loader struct {
	Home       string // "": there is no ~/.ssh/config
	SystemFile string // "": there is no system-wide file
	LocalUser  string
	LocalHost  string
	LocalID    string // the user id, for %i
	LookupEnv  func(name string) (string, bool)
	ReadFile   func(path string) ([]byte, error)
	// Exec runs the command of Match exec and reports whether it succeeded.
	Exec func(ctx context.Context, command string) bool
	// Canonical returns the name as the resolver knows it; it is asked only under CanonicalizeHostname.
	Canonical func(ctx context.Context, name string) (canonical string, found bool)
	cache     cache
}

// Query names the host and what the command line says about it.
type Query struct {
	Host    string
	Options []Option // in order; the first of a keyword wins
	File    string   // -F: read only this file; "none" reads none; "" reads the usual ones
}

// Resolve returns what applies to a host. Its errors are *diag.Diagnostic or diag.List for mistakes in the configuration.
func (l *Loader) Resolve(ctx context.Context, q Query) (*Config, error) {
	e := &evaluation{ctx: ctx, loader: l, query: q, host: q.Host, config: &Config{Host: q.Host, values: map[string][]Value{}}}
	if err := e.options(); err != nil {
		return nil, err
	}
	if err := e.files(); err != nil {
		return nil, err
	}
	canonical, err := e.canonicalize()
	if err != nil {
		return nil, err
	}
	if canonical || e.wantFinal {
		// As in OpenSSH the name is settled now, in lower case: what the second pass says of HostName comes too late.
		e.final, e.host = true, strings.ToLower(e.hostname())
		e.config.Host = e.host
		e.adopt(e.host)
		if err := e.files(); err != nil {
			return nil, err
		}
	}
	return e.config, nil
}

// evaluation is one walk through the files for one host.
type evaluation struct {
	ctx       context.Context
	loader    *Loader
	query     Query
	host      string // what Host patterns are compared with
	config    *Config
	final     bool // the second pass, after canonicalisation or for Match final
	wantFinal bool
}

func (e *evaluation) options() error {
	for _, o := range e.query.Options {
		if err := e.apply(o.line, diag.Pos{File: "command line"}); err != nil {
			return err
		}
	}
	return nil
}

func (e *evaluation) files() error {
	home := filepath.Join(e.loader.Home, ".ssh")
	if e.query.File != "" {
		if strings.EqualFold(e.query.File, "none") {
			return nil
		}
		f, err := e.loader.load(e.query.File)
		if err == nil && f == nil {
			err = &diag.Diagnostic{Pos: diag.Pos{File: e.query.File}, Summary: "no such file"}
		}
		if err != nil {
			return err
		}
		return e.walk(f, home, true, 0)
	}
	if e.loader.Home != "" {
		if err := e.path(filepath.Join(home, "config"), home, true, 0); err != nil {
			return err
		}
	}
	if e.loader.SystemFile == "" {
		return nil
	}
	return e.path(e.loader.SystemFile, filepath.Dir(e.loader.SystemFile), true, 0)
}

func (e *evaluation) path(path, dir string, active bool, depth int) error {
	f, err := e.loader.load(path)
	if err != nil || f == nil {
		return err
	}
	return e.walk(f, dir, active, depth)
}

// walk applies a file. Host and Match narrow what follows them in this file only.
func (e *evaluation) walk(f *file, dir string, active bool, depth int) error {
	outer := active
	for _, l := range f.lines {
		pos := diag.Pos{File: f.path, Line: l.number, Col: 1}
		var err error
		switch l.keyword {
		case "host":
			active, err = outer && MatchList(l.words, e.host), missing(l, pos)
		case "match":
			active, err = e.match(l, pos, outer)
		case "include":
			err = e.include(l, pos, dir, active, depth)
		default:
			if active {
				err = e.apply(l, pos)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *evaluation) include(l line, pos diag.Pos, dir string, active bool, depth int) error {
	if err := missing(l, pos); err != nil {
		return err
	}
	if depth >= maxIncludeDepth {
		return diag.Errorf(pos, "include is nested more than %d deep", maxIncludeDepth).WithHint("does a file include itself?")
	}
	if !active {
		return nil
	}
	for _, pattern := range l.words {
		paths, err := e.loader.glob(pattern, dir)
		if err != nil {
			return diag.Errorf(pos, "%v", err)
		}
		for _, p := range paths {
			if err := e.path(p, dir, true, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply records one directive, or says what is wrong with it.
func (e *evaluation) apply(l line, pos diag.Pos) error {
	l.keyword = canonicalKeyword(l.keyword)
	kind, known := keywordClass(l.keyword)
	if !known {
		if e.ignored(l.keyword) {
			return nil
		}
		return unknownKeyword(l.keyword, pos)
	}
	if kind == retired {
		return nil
	}
	if err := missing(l, pos); err != nil {
		return err
	}
	if kind == single && len(l.words) > 1 {
		return diag.Errorf(pos, "%s takes one value, there is more: %s", l.keyword, quoted(l.words[1]))
	}
	e.config.set(l, kind, pos)
	return nil
}

func (e *evaluation) ignored(keyword string) bool {
	v, ok := e.config.First("ignoreunknown")
	if !ok {
		return false
	}
	for _, word := range v.Words {
		if MatchList(strings.Split(strings.ToLower(word), ","), keyword) {
			return true
		}
	}
	return false
}

func missing(l line, pos diag.Pos) error {
	if len(l.words) > 0 || l.rest != "" && isRaw(l.keyword) {
		return nil
	}
	return diag.Errorf(pos, "%s has no value", l.keyword)
}

func unknownKeyword(keyword string, pos diag.Pos) error {
	d := diag.Errorf(pos, "unknown ssh option %s", quoted(keyword))
	if near := diag.Suggest(keyword, strings.Fields(singleKeywords)); near != "" {
		return d.WithHint("did you mean %s?", near)
	}
	return d.WithHint("IgnoreUnknown %s makes ssh pass over it", keyword)
}
