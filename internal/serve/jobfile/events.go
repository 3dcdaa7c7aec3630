package jobfile

import (
	"regexp"
	"time"

	"gopkg.in/yaml.v3"
)

func (r *reader) events(j *Job, n *yaml.Node) {
	r.mapping(n, "on", keys{
		"webhook":    func(n *yaml.Node) { r.webhook(j, n) },
		"phone_home": func(n *yaml.Node) { r.phoneHome(j, n) },
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
