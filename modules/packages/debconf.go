package packages

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// DebconfParams are the parameters of debconf.
type DebconfParams struct {
	Name     string  `param:"name,required" alias:"pkg" doc:"The package."`
	Question *string `param:"question" alias:"selection,setting" doc:"The question; without one the answers are only listed."`
	Type     *string `param:"vtype" choices:"boolean,error,multiselect,note,password,seen,select,string,text,title" doc:"The type of the answer."`
	Value    *string `param:"value" alias:"answer" doc:"The answer."`
	Unseen   bool    `param:"unseen" default:"false" doc:"Whether the question may still be asked."`
}

// debconfAnswer is what a question is answered with.
type debconfAnswer struct {
	Value string `json:"value"`
	Seen  bool   `json:"seen"`
}

// DebconfState holds the answers of a package by question.
type DebconfState struct {
	Answers map[string]debconfAnswer `json:"answers"`
}

// Debconf answers the questions that packages ask when they are installed.
func Debconf() modules.Module {
	return modules.State[DebconfParams, DebconfState]{
		Info: modules.Info{
			Name: "debconf", Summary: "Answers the questions that Debian packages ask.", Undo: modules.UndoFull,
			Notes: "Debian does not tell the answers to questions about passwords, so that they are always set.",
			Examples: `- name: Postfix as a mere sender
  debconf:
    name: postfix
    question: postfix/main_mailer_type
    vtype: select
    value: Satellite system
`,
		},
		Rules:    modules.Rules{Together: [][]string{{"question", "vtype", "value"}}},
		Validate: validateDebconf,
		Read:     readDebconf,
		Want: func(p DebconfParams, now DebconfState) (DebconfState, error) {
			want := DebconfState{Answers: maps.Clone(now.Answers)}
			if a, there := now.Answers[question(p)]; p.Question != nil && (!there || !p.same(a.Value)) {
				want.Answers[*p.Question] = debconfAnswer{Value: *p.Value, Seen: !p.Unseen}
			}
			return want, nil
		},
		Apply: applyDebconf,
		Settled: func(p DebconfParams, _, got DebconfState) bool {
			a, there := got.Answers[question(p)]
			return there && (p.same(a.Value) || *p.Type == "password")
		},
		Diff: func(_ context.Context, _ sys.Reader, p DebconfParams, from, to DebconfState) (any, error) {
			if p.Question == nil {
				return nil, nil
			}
			return map[string]any{"before": p.shown(from), "after": p.shown(to)}, nil
		},
		Report: reportDebconf,
	}.Module()
}

func validateDebconf(p *DebconfParams) error {
	if p.Question == nil || p.Value == nil { // the journal may not hold the answer
		return nil
	}
	if strings.ContainsAny(p.Name+*p.Question, " \t\r\n") || strings.ContainsAny(*p.Value, "\r\n") {
		return fmt.Errorf("name and question must be one word, value one line")
	}
	if *p.Type == "boolean" {
		lower := strings.ToLower(*p.Value)
		p.Value = &lower
	}
	return nil
}

func question(p DebconfParams) string {
	if p.Question == nil {
		return ""
	}
	return *p.Question
}

// same compares an answer with the wanted one.
func (p DebconfParams) same(now string) bool {
	if *p.Type == "boolean" {
		now = strings.ToLower(now)
	}
	return p.Value != nil && now == *p.Value
}

func readDebconf(ctx context.Context, r sys.Reader, p DebconfParams) (DebconfState, error) {
	s := DebconfState{Answers: map[string]debconfAnswer{}}
	out, err := r.Query(ctx, sys.Command{Argv: []string{"debconf-show", "--", p.Name}})
	if err != nil {
		return s, err
	}
	if out.Code != 0 {
		return s, modules.Fail(nil, "%s", out.Stderr)
	}
	for line := range strings.Lines(string(out.Stdout)) {
		if key, answer, ok := strings.Cut(strings.TrimRight(line, "\n"), ":"); ok {
			s.Answers[strings.Trim(key, "* ")] = debconfAnswer{Value: strings.TrimSpace(answer), Seen: strings.HasPrefix(key, "*")}
		}
	}
	return s, nil
}

func applyDebconf(ctx context.Context, s sys.System, p DebconfParams, from, to DebconfState) error {
	name := question(p)
	a, wanted := to.Answers[name]
	if !wanted { // it is taken back: the question is unknown again
		return debconfProgram(ctx, s, "UNREGISTER "+name+"\n", "debconf-communicate", p.Name)
	}
	argv := []string{"debconf-set-selections"}
	if !a.Seen {
		argv = append(argv, "-u")
	}
	return debconfProgram(ctx, s, strings.Join([]string{p.Name, name, *p.Type, a.Value}, " ")+"\n", argv...)
}

// debconfProgram gives a program its input, which may hold a password, and so is no argument.
func debconfProgram(ctx context.Context, s sys.System, input string, argv ...string) error {
	out, err := s.Run(ctx, sys.Command{Argv: argv, Stdin: strings.NewReader(input)})
	if err == nil && out.Code != 0 {
		err = modules.Fail(nil, "%s", strings.TrimSpace(string(out.Stderr)))
	}
	return err
}

// shown is the answer as people may see it.
func (p DebconfParams) shown(s DebconfState) map[string]any {
	a, there := s.Answers[*p.Question]
	switch {
	case !there:
		return map[string]any{*p.Question: ""}
	case *p.Type == "password":
		return map[string]any{*p.Question: "(password omitted)"}
	}
	return map[string]any{*p.Question: a.Value}
}

func reportDebconf(p DebconfParams, from, to DebconfState, changed bool) modules.Result {
	if changed {
		return modules.Result{"msg": "", "current": p.shown(to), "previous": p.shown(from)}
	}
	all := map[string]any{}
	for name, a := range from.Answers {
		all[name] = a.Value
	}
	return modules.Result{"msg": "", "current": all}
}
