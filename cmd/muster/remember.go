package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/value"
)

// remembered is what runs a playbook again as it was run: the flags and playbooks of muster run, without secrets.
type remembered struct {
	Dir  string   `json:"dir"`
	Args []string `json:"args"`
	Ask  []string `json:"ask,omitempty"` // extra variables that were secret, by name: they are asked for again
}

// ofTheMoment are flags that say how one run shows itself or how one is let in, and nothing of what it does.
var ofTheMoment = []string{
	"verbose", "output", "no-history", "plan", "out", "json", "step", "syntax-check", "list-hosts", "list-tasks", "list-tags", "flush-cache", "force",
}

// remember returns the run that flags and words describe. without are more flags to leave out.
func (w *workbench) remember(fs *pflag.FlagSet, words []string, without ...string) (remembered, error) {
	r := remembered{Dir: w.io.dir}
	var err error
	fs.Visit(func(f *pflag.Flag) {
		if slices.Contains(ofTheMoment, f.Name) || slices.Contains(without, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if f.Name == "limit" {
				v = w.flags.limit // with the hosts that @failed stands for
			}
			if f.Name == "extra-vars" {
				var failed error
				v, failed = w.rememberExtra(&r, v)
				err = errors.Join(err, failed)
			}
			if v != "" {
				r.Args = append(r.Args, "--"+f.Name+"="+v)
			}
		}
	})
	r.Args = append(append(r.Args, "--"), words...)
	return r, err
}

// rememberExtra is an argument of --extra-vars without its secrets; those are noted by name.
func (w *workbench) rememberExtra(r *remembered, arg string) (string, error) {
	if strings.HasPrefix(strings.TrimSpace(arg), "@") {
		return arg, nil
	}
	vars, err := w.extraVar(arg)
	if err != nil {
		return "", err
	}
	kept := value.NewDict()
	for k, v := range vars.All() {
		name := value.KeyText(k)
		text, err := json.Marshal(value.ToGo(v))
		if err != nil || secret.Sounds(name) || secret.Sounds(keysOf(v)) || w.io.secrets.Holds(string(text)) {
			if !slices.Contains(r.Ask, name) {
				r.Ask = append(r.Ask, name)
			}
			continue
		}
		kept.Set(k, v)
	}
	if kept.Len() == 0 {
		return "", nil
	}
	text, err := json.Marshal(value.ToGo(kept))
	return string(text), err
}

// keysOf are the names of everything below a value, as one text.
func keysOf(v any) string {
	switch x := v.(type) {
	case *value.Dict:
		var all []string
		for k, item := range x.All() {
			all = append(all, value.KeyText(k), keysOf(item))
		}
		return strings.Join(all, " ")
	case *value.List:
		var all []string
		for _, item := range x.Items {
			all = append(all, keysOf(item))
		}
		return strings.Join(all, " ")
	}
	return ""
}

// again parses a remembered run into the options of muster run, and puts flags that were given now over it; those that
// may be repeated are added. It enters the run's folder.
func (r remembered) again(io *streams, now *pflag.FlagSet) (*runOptions, *pflag.FlagSet, error) {
	if r.Dir != io.dir {
		if err := os.Chdir(r.Dir); err != nil {
			return nil, nil, fmt.Errorf("the folder of the run cannot be entered: %w", err)
		}
		io.dir = r.Dir
	}
	o := &runOptions{}
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.addRun(fs)
	if err := fs.Parse(r.Args); err != nil {
		return nil, nil, fmt.Errorf("the run cannot be repeated by this muster: %w", err)
	}
	o.playbooks = fs.Args()
	var err error
	now.Visit(func(f *pflag.Flag) {
		if fs.Lookup(f.Name) == nil || err != nil {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			err = errors.Join(err, fs.Set(f.Name, v))
		}
	})
	return o, fs, err
}

// askAgain gets the values of secret extra variables that were not kept: from the flags of now, or from the terminal.
func (w *workbench) askAgain(ctx context.Context, names []string) error {
	for _, name := range names {
		if _, given := w.extra.Get(name); given {
			continue
		}
		answer, err := w.io.AskPassword(ctx, fmt.Sprintf("%s (a secret extra variable, which was not kept): ", name))
		if err != nil {
			return fmt.Errorf("the run was given the extra variable %s, which is a secret and was not kept; give it again with -e %s=… or -e @FILE", name, name)
		}
		w.extra.Set(name, answer)
		w.io.secrets.Add(answer)
	}
	return nil
}
