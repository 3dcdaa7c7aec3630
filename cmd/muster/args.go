package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/modules/all"
)

// shownLine is a command line as others may see it, flags under their long names: of extra variables only the names, of
// a module's arguments nothing that its parameters or their names call secret.
func shownLine(cmd *cobra.Command, args []string) []string {
	out := strings.Fields(cmd.CommandPath())[1:]
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			out = append(out, shownFlag(cmd, f, v))
		}
	})
	return append(out, args...)
}

func shownFlag(cmd *cobra.Command, f *pflag.Flag, v string) string {
	switch {
	case f.Name == "extra-vars":
		v = shownExtra(v)
	case f.Name == "args":
		module := cmd.Flags().Lookup("module-name")
		v = shownModuleArgs(v, orElse(module.Value.String(), "command"))
	case f.Value.Type() == "bool" && v == "true":
		return "--" + f.Name
	}
	return "--" + f.Name + "=" + v
}

// shownExtra is an argument of --extra-vars: a file's name, or the names of the variables.
func shownExtra(v string) string {
	v = strings.TrimSpace(v)
	if strings.HasPrefix(v, "@") {
		return v
	}
	if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
		return secret.Mask
	}
	var names []string
	for word := range strings.FieldsSeq(v) {
		if name, _, ok := strings.Cut(word, "="); ok {
			names = append(names, name+"="+secret.Mask)
		}
	}
	if len(names) == 0 {
		return secret.Mask
	}
	return strings.Join(names, " ")
}

// shownModuleArgs are the arguments of an ad hoc task. What follows a secret value is secret.Mask too when it cannot be told
// where the value ends.
func shownModuleArgs(v, module string) string {
	if strings.HasPrefix(strings.TrimSpace(v), "{") {
		return secret.Mask
	}
	isSecret := map[string]bool{}
	if m, ok := all.All().Get(module); ok {
		for _, p := range m.Params() {
			isSecret[p.Name] = p.Secret
		}
	}
	words := strings.Split(v, " ")
	for i, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if !ok || !isSecret[name] && !secret.Sounds(name) {
			continue
		}
		words[i] = name + "=" + secret.Mask
		if strings.ContainsAny(value, `"'\`) {
			return strings.Join(append(words[:i+1:i+1], "…"), " ")
		}
	}
	return strings.Join(words, " ")
}
