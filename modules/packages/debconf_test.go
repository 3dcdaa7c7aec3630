package packages_test

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/packages"
	"github.com/musterhq/muster/modules/sys"
)

func TestDebconf(t *testing.T) {
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		answers := map[string]string{"  mail/type": "Internet Site", "* mail/root": "true"}
		list := func() string {
			var b strings.Builder
			for _, k := range slices.Sorted(maps.Keys(answers)) {
				fmt.Fprintf(&b, "%s: %s\n", k, answers[k])
			}
			return b.String()
		}
		input := func(c sys.Command) []string {
			text, _ := io.ReadAll(c.Stdin)
			return strings.SplitN(strings.TrimSpace(string(text)), " ", 4)
		}
		fake := sys.NewFakeCommands().
			On("debconf-show", sys.Output{}).OnFunc("debconf-show -- mail", func(sys.Command) (sys.Output, error) { return sys.Output{Stdout: []byte(list())}, nil }).
			OnFunc("debconf-communicate mail", func(c sys.Command) (sys.Output, error) {
				words := input(c)
				delete(answers, "* "+words[1])
				delete(answers, "  "+words[1])
				return sys.Output{Stdout: []byte("0\n")}, nil
			}).
			OnFunc("debconf-set-selections", func(c sys.Command) (sys.Output, error) {
				words := input(c)
				delete(answers, "* "+words[1])
				delete(answers, "  "+words[1])
				mark := "* "
				if len(c.Argv) > 1 {
					mark = "  "
				}
				if words[2] == "password" {
					words[3] = "(password omitted)"
				}
				answers[mark+words[1]] = words[3]
				return sys.Output{}, nil
			})
		return []sys.RootedOption{fake.Option()}, list
	}
	args := func(question, kind string, value any) map[string]any {
		return map[string]any{"name": "mail", "question": question, "vtype": kind, "value": value}
	}
	cases := []modulestest.Case{
		{Name: "other answer", Args: args("mail/type", "select", "No configuration"), Result: map[string]any{"msg": "", "current": map[string]any{"mail/type": "No configuration"}, "previous": map[string]any{"mail/type": "Internet Site"}}},
		{Name: "same answer", Args: args("mail/type", "select", "Internet Site"), Unchanged: true, Result: map[string]any{"current": map[string]any{"mail/type": "Internet Site", "mail/root": "true"}}},
		{Name: "truth", Args: args("mail/root", "boolean", true), Unchanged: true},
		{Name: "new question", Args: args("mail/name", "string", "a b c"), Result: map[string]any{"previous": map[string]any{"mail/name": ""}}},
		{Name: "password", Args: args("mail/password", "password", "s3cret"), Repeats: true, Result: map[string]any{"current": map[string]any{"mail/password": "(password omitted)"}}},
		{Name: "list", Args: map[string]any{"name": "mail"}, Unchanged: true},
		{Name: "half", Args: map[string]any{"name": "mail", "question": "mail/x"}, Failed: "parameters are required together: question, vtype, value"},
		{Name: "two lines", Args: args("mail/name", "string", "a\nmail mail/root boolean false"), Failed: "value one line"},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, packages.Debconf(), cases)
}
