package jobfile

import (
	"regexp"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

func (r *reader) events(j *Job, n *yaml.Node) {
	r.mapping(n, "on", keys{
		"webhook":    func(n *yaml.Node) { r.webhook(j, n) },
		"phone_home": func(n *yaml.Node) { r.phoneHome(j, n) },
		"files":      r.texts(&j.Events.Files, "files"),
		"git":        r.path(&j.Events.Git, "git"),
		"prometheus": func(n *yaml.Node) { r.prometheus(j, n) },
	})
	for i, glob := range j.Events.Files {
		j.Events.Files[i] = r.absolute(glob)
	}
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

func (r *reader) prometheus(j *Job, n *yaml.Node) {
	p := &Prometheus{Op: ">", Every: 30 * time.Second}
	r.mapping(n, "prometheus", keys{
		"url":   parsed(r, &p.URL, "url", parseURL),
		"query": r.text(&p.Query, "query"),
		"op":    choice(r, &p.Op, "op", ">", ">=", "<", "<=", "==", "!="),
		"value": parsed(r, &p.Value, "value", func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }),
		"for":   r.duration(&p.For, "for"),
		"every": r.duration(&p.Every, "every"),
	}, "url", "query", "value")
	if p.Every < time.Second {
		r.errorf(n, "prometheus: every must be at least 1s")
	}
	j.Events.Prometheus = p
}
