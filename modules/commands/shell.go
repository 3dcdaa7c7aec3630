package commands

import (
	"context"
	"errors"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// ShellParams are the parameters of shell.
type ShellParams struct {
	Cmd             string `param:"cmd" alias:"_raw_params,free_form" doc:"The text that the shell runs."`
	Chdir           string `param:"chdir" type:"path" doc:"Folder to run the command in."`
	Creates         string `param:"creates" type:"path" doc:"Do not run when a path that matches this pattern exists."`
	Removes         string `param:"removes" type:"path" doc:"Do not run when no path that matches this pattern exists."`
	Executable      string `param:"executable" type:"path" doc:"The shell, as an absolute path; /bin/sh if not given."`
	Stdin           string `param:"stdin" doc:"What the command reads on its standard input."`
	StdinAddNewline bool   `param:"stdin_add_newline" default:"true" doc:"End the standard input with a newline."`
	StripEmptyEnds  bool   `param:"strip_empty_ends" default:"true" doc:"Remove line ends from the end of stdout and stderr."`
	Warn            *bool  `param:"warn,removed"`
	Argv            []any  `param:"argv,hidden"`
	ExpandVars      *bool  `param:"expand_argument_vars,hidden"`
}

// Shell runs a line of text in a shell.
func Shell() modules.Module {
	return modules.Action[ShellParams, execution]{
		Info: modules.Info{
			Name:    "shell",
			Summary: "Run a line of text in a shell on the host.",
			Notes:   "Quote variables with the filter quote. Undoing needs a rollback handler.",
			Undo:    modules.UndoNone, FreeForm: "cmd", RawForm: true,
			Examples: `
- name: Keep a log
  shell: somescript.sh >> somelog.txt
  args:
    chdir: somedir/
    creates: somelog.txt
- name: Use what only bash has
  shell: cat < <(ls -l)
  args:
    executable: /bin/bash
`,
		},
		Validate: func(p *ShellParams) error {
			if p.ExpandVars != nil {
				return errors.New("Unsupported parameters for (shell) module: expand_argument_vars")
			}
			return nil
		},
		Guard: func(ctx context.Context, r sys.Reader, p ShellParams) (modules.Result, error) { return p.guard(ctx, r) },
		Preview: func(_ context.Context, _ sys.Reader, p ShellParams) (modules.Result, error) {
			return preview(p.Cmd, p.Creates, p.Removes), nil
		},
		Run:    func(ctx context.Context, s sys.System, p ShellParams) (execution, bool, error) { return p.run(ctx, s) },
		Report: func(p ShellParams, e execution) modules.Result { return e.result(p.StripEmptyEnds) },
	}.Module()
}

func (p ShellParams) guard(ctx context.Context, r sys.Reader) (modules.Result, error) {
	switch given := strings.TrimSpace(p.Cmd) != ""; {
	case !given && len(p.Argv) == 0:
		return nil, refusal(nil, 256, "no command given")
	case !given:
		return nil, refusal(nil, 256, "shell takes a line of text; use command for argv")
	case len(p.Argv) > 0:
		return nil, refusal(nil, 256, "only command or argv can be given, not both")
	}
	return guard(ctx, r, p.Cmd, p.Chdir, p.Creates, p.Removes)
}

func (p ShellParams) run(ctx context.Context, s sys.System) (execution, bool, error) {
	shell := p.Executable
	if shell == "" {
		shell = "/bin/sh"
	}
	e, err := execute(ctx, s, p.Cmd, sys.Command{Argv: []string{shell, "-c", p.Cmd}, Dir: p.Chdir, Stdin: stdin(p.Stdin, p.StdinAddNewline)})
	return e, !e.start.IsZero(), err
}
