package main

import (
	"strings"
	"testing"
)

// TestShownLine: what the history keeps of a command line holds no secret.
func TestShownLine(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"run -i hosts site.yml --check -l web", "run --check --inventory=hosts --limit=web site.yml"},
		{"run site.yml -be password=sesame", "run --become --extra-vars=password=******** site.yml"},
		{"run site.yml -e @vars.yml -e {\"a\":\"sesame\"} -e a=sesame", "run --extra-vars=@vars.yml --extra-vars=******** --extra-vars=a=******** site.yml"},
		{"exec all -m user -a name=x|password=sesame|shell=/bin/sh", "exec --args=name=x|password=********|shell=/bin/sh --module-name=user all"},
		{"exec all -m x -a api_token='sesame|sesame", "exec --args=api_token=********|… --module-name=x all"},
	} {
		root := newRootCmd(&streams{})
		words := strings.Fields(c.line)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "|", " ")
		}
		cmd, rest, err := root.Find(words)
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(strings.Join(shownLine(cmd, cmd.Flags().Args()), " "), " ", "|"); got != strings.ReplaceAll(c.want, " ", "|") {
			t.Errorf("%s is shown as %s, want %s", c.line, got, c.want)
		}
	}
}
