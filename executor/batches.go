package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// at gives an error the place in the playbook that it belongs to.
func at(pos diag.Pos, err error) error {
	var d *diag.Diagnostic
	if errors.As(err, &d) && d.Pos.Line != 0 {
		return err
	}
	return diag.Errorf(pos, "%v", err)
}

// playHosts resolves the hosts of a play in the order that the play asks for.
func (x *Executor) playHosts(p *playbook.Play) ([]*hostState, error) {
	v, err := x.o.Engine.Render(x.templateContext(x.playScope(p)), p.Hosts)
	if err != nil {
		return nil, at(p.Pos, err)
	}
	found, diags := x.o.Inventory.MatchAll(hostPatterns(v))
	if err := x.tell(diags); err != nil {
		return nil, at(p.Pos, err)
	}
	if x.o.Limit != "" {
		found, diags = x.o.Inventory.MatchLimit(found, x.o.Limit)
		if err := x.tell(diags); err != nil {
			return nil, err
		}
	}
	if err := x.tell(x.o.Inventory.Check(found, absoluteDir(p.Dir))); err != nil {
		return nil, err
	}
	hosts := make([]*hostState, len(found))
	for i, h := range found {
		hosts[i] = x.hosts.get(h.Name)
	}
	return x.ordered(p, hosts)
}

// hostPatterns lists the patterns of hosts:, which is one or a list of them.
func hostPatterns(v any) []string {
	l, ok := v.(*value.List)
	if !ok {
		return []string{value.Str(v)}
	}
	patterns := make([]string, len(l.Items))
	for i, item := range l.Items {
		patterns[i] = value.Str(item)
	}
	return patterns
}

// playScope is what a play may refer to before it has hosts: its own vars and extra vars.
func (x *Executor) playScope(p *playbook.Play) *scope {
	run := &playRun{x: x, play: p, files: map[string]*value.Dict{}, perHost: map[*hostState]*hostFiles{}}
	return x.newScope(run, nil, nil)
}

func hostPattern(v any) string {
	if l, ok := v.(*value.List); ok {
		parts := make([]string, len(l.Items))
		for i, item := range l.Items {
			parts[i] = value.Str(item)
		}
		return strings.Join(parts, ",")
	}
	return value.Str(v)
}

func (x *Executor) ordered(p *playbook.Play, hosts []*hostState) ([]*hostState, error) {
	a, ok := p.Attrs["order"]
	if !ok || a.Value == nil {
		return hosts, nil
	}
	v, err := x.o.Engine.Render(x.templateContext(x.playScope(p)), a.Value)
	if err != nil {
		return nil, at(a.Pos, err)
	}
	byName := func(i, j int) bool { return hosts[i].name < hosts[j].name }
	reverse := func() {
		for i, j := 0, len(hosts)-1; i < j; i, j = i+1, j-1 {
			hosts[i], hosts[j] = hosts[j], hosts[i]
		}
	}
	switch order := value.Str(v); order {
	case "inventory":
	case "sorted":
		sort.SliceStable(hosts, byName)
	case "reverse_sorted":
		sort.SliceStable(hosts, byName)
		reverse()
	case "reverse_inventory":
		reverse()
	case "shuffle":
		rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	default:
		return nil, diag.Errorf(a.Pos, "unknown order specified: %s", order).
			WithHint("order is one of inventory, sorted, reverse_sorted, reverse_inventory, shuffle")
	}
	return hosts, nil
}

// playName renders the play's name; without one it is the host pattern, as in Ansible.
func (x *Executor) playName(p *playbook.Play) (string, error) {
	v := p.Name()
	if v == nil {
		v = p.Hosts
	}
	s := x.playScope(p)
	out, err := x.o.Engine.Render(x.templateContext(s), v)
	if err != nil {
		return hostPattern(templateText(v)), nil //nolint:nilerr // a name that cannot be rendered is shown as written
	}
	if _, written := v.(*value.List); !written {
		return value.Str(out), nil
	}
	return hostPattern(out), nil
}

func templateText(v any) any {
	if t, ok := v.(value.Template); ok {
		return t.Src
	}
	return v
}

// batches splits the hosts by serial.
func (x *Executor) batches(p *playbook.Play, hosts []*hostState) ([][]*hostState, error) {
	a, ok := p.Attrs["serial"]
	if x.o.Serial != "" {
		a, ok = playbook.Attr{Value: x.o.Serial, Pos: p.Pos}, true
	}
	if !ok || a.Value == nil {
		return [][]*hostState{hosts}, nil
	}
	v, err := x.o.Engine.Render(x.templateContext(x.playScope(p)), a.Value)
	if err != nil {
		return nil, at(a.Pos, err)
	}
	if v == nil || v == jinja.Omit {
		return [][]*hostState{hosts}, nil
	}
	sizes := []any{v}
	if l, ok := v.(*value.List); ok {
		sizes = l.Items
	}
	var out [][]*hostState
	rest := hosts
	for i := 0; len(rest) > 0; i++ {
		n, err := share(sizes[min(i, len(sizes)-1)], len(hosts))
		if err != nil {
			return nil, at(a.Pos, err)
		}
		if n <= 0 || n > len(rest) {
			n = len(rest)
		}
		out = append(out, rest[:n])
		rest = rest[n:]
	}
	return out, nil
}

// share reads a number of hosts or a percentage of them, which is at least one host.
func share(v any, total int) (int, error) {
	switch n := v.(type) {
	case int:
		return n, nil
	case float64:
		return int(n), nil
	case string:
		if pct, ok := strings.CutSuffix(strings.TrimSpace(n), "%"); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(pct), 64)
			if err != nil {
				return 0, fmt.Errorf("serial: %q is no percentage", n)
			}
			return max(1, int(f/100*float64(total))), nil
		}
		i, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil {
			return 0, fmt.Errorf("serial: %q is neither a number nor a percentage", n)
		}
		return i, nil
	default:
		return 0, fmt.Errorf("serial must be a number, a percentage or a list of them")
	}
}

// prompts asks for the variables of vars_prompt that extra vars do not give.
func (x *Executor) prompts(ctx context.Context, p *playbook.Play) (*value.Dict, error) {
	answers := value.NewDict()
	for _, q := range p.VarsPrompt {
		if _, given := x.o.ExtraVars.Get(q.Name); given {
			continue
		}
		answer, err := x.ask(ctx, p, q)
		if err != nil {
			return nil, at(q.Pos, err)
		}
		answers.Set(q.Name, answer)
	}
	return answers, nil
}

func (x *Executor) ask(ctx context.Context, p *playbook.Play, q playbook.Prompt) (any, error) {
	s := x.playScope(p)
	def, err := x.o.Engine.Render(x.templateContext(s), q.Default)
	if err != nil {
		return nil, err
	}
	text := q.Name
	if q.HasPrompt {
		text = q.Text
	}
	if def != nil {
		text += fmt.Sprintf(" [%s]", value.Str(def))
	}
	for {
		answer, err := x.o.Prompter.Ask(ctx, text+": ", q.Private)
		if q.Private {
			x.o.Secrets.Add(answer)
		}
		if err != nil {
			if def != nil {
				x.warn("Not prompting as we are not in interactive mode")
				return x.defaultAnswer(s, q, def)
			}
			return nil, fmt.Errorf("%s has no value: %w", q.Name, err)
		}
		if q.Confirm {
			again, err := x.o.Prompter.Ask(ctx, "confirm "+text+": ", q.Private)
			if err != nil {
				return nil, err
			}
			if again != answer {
				x.sink.Handle(event.PromptText{Text: "***** VALUES ENTERED DO NOT MATCH ****"})
				continue
			}
		}
		if answer == "" && def != nil {
			return x.defaultAnswer(s, q, def)
		}
		return x.encryptAnswer(s, q, answer)
	}
}

// defaultAnswer is the default of a question that was not answered, hashed like an answer.
func (x *Executor) defaultAnswer(s *scope, q playbook.Prompt, def any) (any, error) {
	if q.Encrypt == "" {
		return def, nil
	}
	return x.encryptAnswer(s, q, value.Str(def))
}

// encryptAnswer hashes an answer as vars_prompt's encrypt asks.
func (x *Executor) encryptAnswer(s *scope, q playbook.Prompt, answer string) (any, error) {
	if q.Encrypt == "" {
		return playbook.Trusted(answer, q.Pos), nil
	}
	expr := fmt.Sprintf("answer | password_hash('%s'", q.Encrypt)
	if q.Salt != "" {
		expr += fmt.Sprintf(", '%s'", q.Salt)
	} else if q.SaltSize > 0 {
		expr += fmt.Sprintf(", salt_size=%d", q.SaltSize)
	}
	scoped := s.withExtra(value.DictOf("answer", answer))
	return x.o.Engine.Expr(scoped.context(), expr+")", q.Pos)
}

// tell shows the warnings of a list and returns its errors.
func (x *Executor) tell(diags diag.List) error {
	for _, d := range diags {
		if d.Severity == diag.Warning {
			x.warn("%s", d.Error())
		}
	}
	return diags.Err()
}

func (x *Executor) warn(format string, args ...any) {
	x.sink.Handle(event.Message{Level: "warning", Text: fmt.Sprintf(format, args...)})
}

// warnOnce warns of something that may concern many hosts and tasks.
func (x *Executor) warnOnce(format string, args ...any) {
	if _, told := x.told.LoadOrStore(fmt.Sprintf(format, args...), true); !told {
		x.warn(format, args...)
	}
}
