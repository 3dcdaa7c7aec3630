package jobfile

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

func (r *reader) events(j *Job, n *yaml.Node) {
	r.mapping(n, "on", keys{
		"webhook":    func(n *yaml.Node) { r.webhook(j, n) },
		"phone_home": func(n *yaml.Node) { r.phoneHome(j, n) },
		"files":      func(n *yaml.Node) { r.files(j, n) },
		"git":        func(n *yaml.Node) { r.git(j, n) },
		"prometheus": func(n *yaml.Node) { r.prometheus(j, n) },
	})
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (r *reader) webhook(j *Job, n *yaml.Node) {
	w := &Webhook{Tolerance: 5 * time.Minute, Var: "event"}
	r.mapping(n, "webhook", keys{
		"secret_file": r.path(&w.SecretFile, "secret_file"),
		"tolerance":   r.duration(&w.Tolerance, "tolerance"),
		"var":         r.text(&w.Var, "var"),
	}, "secret_file")
	if !variableName.MatchString(w.Var) {
		r.errorf(n, "webhook: %q cannot be the name of a variable", w.Var)
	}
	r.secret(n, "webhook", w.SecretFile)
	j.Events.Webhook = w
}

func (r *reader) phoneHome(j *Job, n *yaml.Node) {
	p := &PhoneHome{}
	r.mapping(n, "phone_home", keys{"tokens_file": r.path(&p.TokensFile, "tokens_file")}, "tokens_file")
	r.secret(n, "phone_home", p.TokensFile)
	j.Events.PhoneHome = p
}

func (r *reader) files(j *Job, n *yaml.Node) {
	f := &Files{Every: 5 * time.Second, Settle: 2 * time.Second}
	var paths []string
	r.mapping(n, "files", keys{
		"paths":  r.texts(&paths, "paths"),
		"every":  r.period(&f.Every, "files: every", time.Second),
		"settle": r.duration(&f.Settle, "settle"),
	}, "paths")
	for _, p := range paths {
		p = r.absolute(p)
		if _, err := filepath.Match(p, ""); err != nil {
			r.errorf(n, "files: paths: %s: %v", p, err)
		}
		if _, err := os.Lstat(p); err != nil && !strings.ContainsAny(p, "*?[") {
			r.errorf(n, "files: paths: %v", err)
		}
		f.Paths = append(f.Paths, p)
	}
	j.Events.Files = f
}

// period reads the time between two looks, which has a least.
func (r *reader) period(to *time.Duration, what string, least time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		before := len(r.found)
		if r.duration(to, what)(n); len(r.found) == before && *to < least {
			r.errorf(n, "%s must be at least %s, not %s", what, least, *to)
		}
	}
}

// gitWord is what remotes and branches may be called: nothing that git takes for an option.
var gitWord = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_./+-]*$`)

func (r *reader) git(j *Job, n *yaml.Node) {
	g := &Git{Dir: filepath.Dir(r.file), Remote: "origin", Branch: "main", Every: time.Minute, Pull: true}
	r.mapping(n, "git", keys{
		"dir":    r.path(&g.Dir, "dir"),
		"remote": r.text(&g.Remote, "remote"),
		"branch": r.text(&g.Branch, "branch"),
		"every":  r.period(&g.Every, "git: every", time.Second),
		"pull":   r.flag(&g.Pull, "pull"),
	})
	for what, word := range map[string]string{"remote": g.Remote, "branch": g.Branch} {
		if !gitWord.MatchString(word) {
			r.errorf(n, "git: %s: %q is no name of a %s", what, word, what)
		}
	}
	if _, err := os.Stat(filepath.Join(g.Dir, ".git")); err != nil {
		r.hintf(n, "clone the repository first, and give the folder as dir", "git: %s is no clone of a repository", g.Dir)
	}
	j.Events.Git = g
}

func (r *reader) prometheus(j *Job, n *yaml.Node) {
	p := &Prometheus{Every: 30 * time.Second}
	bound := func(to **float64, what string) func(*yaml.Node) {
		return parsed(r, to, what, func(s string) (*float64, error) {
			v, err := strconv.ParseFloat(s, 64)
			return &v, err
		})
	}
	r.mapping(n, "prometheus", keys{
		"url":        parsed(r, &p.URL, "url", parseURL),
		"query":      r.text(&p.Query, "query"),
		"token_file": r.path(&p.TokenFile, "token_file"),
		"above":      bound(&p.Above, "above"),
		"below":      bound(&p.Below, "below"),
		"for":        r.duration(&p.For, "for"),
		"every":      r.period(&p.Every, "prometheus: every", time.Second),
		"hosts": func(n *yaml.Node) {
			for _, item := range listOf(n) {
				var c Change
				choice(r, &c, "hosts", HostsNew, HostsGone)(item)
				p.Hosts = append(p.Hosts, c)
			}
		},
	}, "url", "query")
	switch {
	case p.Above == nil && p.Below == nil:
		r.errorf(n, "prometheus needs above, below or both")
	case p.Above != nil && p.Below != nil && *p.Below > *p.Above:
		r.errorf(n, "prometheus: below must not be more than above")
	}
	r.secret(n, "prometheus: token_file", p.TokenFile)
	j.Events.Prometheus = p
}
