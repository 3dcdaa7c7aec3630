package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// aliasNames are the other names of flags, as Ansible's programs have them.
var aliasNames = map[string]string{
	"inventory-file":   "inventory",
	"ask-vault-pass":   "ask-vault-password",
	"vault-pass-file":  "vault-password-file",
	"key-file":         "private-key",
	"conn-pass-file":   "connection-password-file",
	"become-pass-file": "become-password-file",
}

// aliasName gives a flag's name for any of its names.
func aliasName(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if n, ok := aliasNames[name]; ok {
		name = n
	}
	return pflag.NormalizedName(name)
}

// abbreviated writes out long flags that are shortened to what only one flag begins with: Ansible's programs take
// those. What is not clear stays as it is, so that the flags' own error tells.
func abbreviated(root *cobra.Command, words []string) []string {
	cmd, _, err := root.Find(words)
	if err != nil || cmd == root {
		return words
	}
	names := longNames(cmd)
	out := append([]string(nil), words...)
	for i, w := range out {
		if w == "--" {
			break
		}
		if !strings.HasPrefix(w, "--") {
			continue
		}
		name, value, hasValue := strings.Cut(w[2:], "=")
		full, ok := completeName(name, names)
		if !ok {
			continue
		}
		out[i] = "--" + string(aliasName(nil, full))
		if hasValue {
			out[i] += "=" + value
		}
	}
	return out
}

func longNames(cmd *cobra.Command) []string {
	cmd.InitDefaultHelpFlag()
	var names []string
	has := map[string]bool{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names = append(names, f.Name)
		has[f.Name] = true
	})
	for alias, name := range aliasNames {
		if has[name] {
			names = append(names, alias)
		}
	}
	return names
}

// completeName finds the only flag that a name begins; names of the same flag do not compete.
func completeName(prefix string, names []string) (string, bool) {
	found := ""
	for _, n := range names {
		switch {
		case n == prefix:
			return "", false
		case !strings.HasPrefix(n, prefix):
		case found != "" && aliasName(nil, n) != aliasName(nil, found):
			return "", false
		default:
			found = n
		}
	}
	return found, found != ""
}
