package executor

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
)

// noteSecrets tells the run's secrets what the call's arguments hold: the values of secret parameters and, under no_log,
// of parameters and variables whose names say so.
func (c *call) noteSecrets() {
	reg := c.t.x.o.Secrets
	if reg == nil {
		return
	}
	for _, p := range c.t.x.secretParams(c.action) {
		noteParam(reg, c.args, p)
	}
	if _, ok := c.t.task.Inherit("no_log"); !ok || !c.t.flagIn(c.scope, "no_log", false) {
		return
	}
	c.hidden = true
	noteNamed(reg, c.args, playbook.ShortName(c.t.task.Action) == "set_fact")
	for _, name := range c.t.namedIn(c.t.task.Args) {
		if secret.Sounds(name) {
			if v, ok, err := c.scope.variable(name); ok && err == nil {
				noteNamed(reg, v, true)
			}
		}
	}
}

// noteParam adds the value of a secret parameter, or those of the secret options of a mapping.
func noteParam(reg *secret.Registry, args *value.Dict, p modules.Param) {
	for _, name := range append([]string{p.Name}, p.Aliases...) {
		v, ok := args.Get(name)
		if !ok {
			continue
		}
		if p.Secret {
			noteNamed(reg, v, true)
			continue
		}
		items := []any{v}
		if l, ok := v.(*value.List); ok {
			items = l.Items
		}
		for _, item := range items {
			if d, ok := item.(*value.Dict); ok {
				for _, option := range p.Options {
					noteParam(reg, d, option)
				}
			}
		}
	}
}

// secretParams are the parameters of a module that are secret or have secret options.
func (x *Executor) secretParams(action string) []modules.Param {
	if known, ok := x.secretsOf.Load(action); ok {
		return known.([]modules.Param)
	}
	var found []modules.Param
	if m, ok := x.o.Modules.Get(action); ok {
		found = onlySecret(m.Params())
	}
	x.secretsOf.Store(action, found)
	return found
}

func onlySecret(params []modules.Param) []modules.Param {
	var found []modules.Param
	for _, p := range params {
		if p.Options = onlySecret(p.Options); p.Secret || len(p.Options) > 0 {
			found = append(found, p)
		}
	}
	return found
}

// noteNamed adds the texts below v whose names say that they are secrets; all of them with every.
func noteNamed(reg *secret.Registry, v any, every bool) {
	switch x := v.(type) {
	case string:
		if every {
			reg.Add(x)
		}
	case *value.Dict:
		for k, item := range x.All() {
			noteNamed(reg, item, every || secret.Sounds(value.KeyText(k)))
		}
	case *value.List:
		for _, item := range x.Items {
			noteNamed(reg, item, every)
		}
	case int:
		if every && x > 99999 {
			reg.Add(value.Str(x))
		}
	}
}

// noteResult adds what a result under no_log holds: what a command printed, content that was read, and values whose names
// say that they are secrets.
func (t *taskRun) noteResult(res *value.Dict) {
	reg := t.x.o.Secrets
	if reg == nil {
		return
	}
	noteNamed(reg, res, false)
	for _, key := range []string{"stdout", "content"} {
		if v, ok := res.Get(key); ok {
			noteNamed(reg, v, true)
		}
	}
	if items, ok := mustArg(res, "results").(*value.List); ok {
		for _, item := range items.Items {
			if d, ok := item.(*value.Dict); ok {
				t.noteResult(d)
			}
		}
	}
}

// namedIn lists the variables that templates within v name.
func (t *taskRun) namedIn(v any) []string {
	switch x := v.(type) {
	case value.Template:
		return t.x.o.Engine.Names(x.Src)
	case *value.Dict:
		var names []string
		for _, item := range x.All() {
			names = append(names, t.namedIn(item)...)
		}
		return names
	case *value.List:
		var names []string
		for _, item := range x.Items {
			names = append(names, t.namedIn(item)...)
		}
		return names
	}
	return nil
}

// withoutSecrets is plain data of which secrets, or all texts with every, stand for no more than 16 bits of their digest:
// enough to see that one changed, too little to guess it.
func withoutSecrets(reg *secret.Registry, v any, every bool) any {
	switch x := v.(type) {
	case string:
		if every || reg.Holds(x) {
			sum := sha256.Sum256([]byte(x))
			return secret.Mask + hex.EncodeToString(sum[:2])
		}
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = withoutSecrets(reg, item, every)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = withoutSecrets(reg, item, every)
		}
		return out
	}
	return v
}
