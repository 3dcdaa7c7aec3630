package commands

import (
	"context"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// CommandParams are the parameters of command.
type CommandParams struct {
	Cmd                string   `param:"cmd" alias:"_raw_params,free_form" doc:"The command with its arguments as one line of words."`
	Argv               []string `param:"argv" doc:"The command and its arguments as a list, instead of one line."`
	Chdir              string   `param:"chdir" type:"path" doc:"Folder to run the command in."`
	Creates            string   `param:"creates" type:"path" doc:"Do not run when a path that matches this pattern exists."`
	Removes            string   `param:"removes" type:"path" doc:"Do not run when no path that matches this pattern exists."`
	Executable         *string  `param:"executable,hidden"`
	Stdin              string   `param:"stdin" doc:"What the command reads on its standard input."`
	StdinAddNewline    bool     `param:"stdin_add_newline" default:"true" doc:"End the standard input with a newline."`
	StripEmptyEnds     bool     `param:"strip_empty_ends" default:"true" doc:"Remove line ends from the end of stdout and stderr."`
	ExpandArgumentVars bool     `param:"expand_argument_vars" default:"true" doc:"Replace variables such as $HOME, and a leading ~, in the arguments."`
	Warn               *bool    `param:"warn,removed"`
}

// Command runs a program without a shell.
func Command() modules.Module {
	return modules.Action[CommandParams, execution]{
		Info: modules.Info{
			Name:    "command",
			Summary: "Run a program on the host, without a shell.",
			Notes: "Pipes, redirections and the like are ordinary arguments here; use shell for them. Undoing needs a " +
				"rollback handler. In check mode the task is skipped unless creates or removes tell what would happen.",
			Undo: modules.UndoNone, FreeForm: "cmd", RawForm: true,
			Examples: `
- name: Read the kernel's version
  command: uname -r
  changed_when: false
- name: Create a database once
  command:
    argv: [/usr/bin/make_database.sh, db_user, "a name"]
    creates: /path/to/database
`,
		},
		Guard: func(ctx context.Context, r sys.Reader, p CommandParams) (modules.Result, error) {
			return p.guard(ctx, r)
		},
		Preview: func(_ context.Context, _ sys.Reader, p CommandParams) (modules.Result, error) { return p.preview() },
		Run: func(ctx context.Context, s sys.System, p CommandParams) (execution, bool, error) {
			return p.run(ctx, s)
		},
		Report: func(p CommandParams, e execution) modules.Result { return e.result(p.StripEmptyEnds) },
	}.Module()
}

// words are the command and its arguments as the task gave them.
func (p CommandParams) words() ([]string, error) {
	given := strings.TrimSpace(p.Cmd) != ""
	switch {
	case !given && len(p.Argv) == 0:
		return nil, refusal(nil, 256, "no command given")
	case given && len(p.Argv) > 0:
		return nil, refusal(nil, 256, "only command or argv can be given, not both")
	case !given:
		return p.Argv, nil
	}
	words, err := shlex.Split(p.Cmd)
	if err != nil {
		return nil, refusal(p.Cmd, 256, "cmd cannot be split into words: "+err.Error()+"; quote it or use argv")
	}
	return words, nil
}

func (p CommandParams) guard(ctx context.Context, r sys.Reader) (modules.Result, error) {
	words, err := p.words()
	if err != nil {
		return nil, err
	}
	if p.Executable != nil {
		modules.Warn(ctx, "As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. Not using '%s'.", *p.Executable)
	}
	return guard(ctx, r, words, p.Chdir, p.Creates, p.Removes)
}

func (p CommandParams) preview() (modules.Result, error) {
	words, err := p.words()
	return preview(words, p.Creates, p.Removes), err
}

func (p CommandParams) run(ctx context.Context, s sys.System) (execution, bool, error) {
	words, err := p.words()
	if err != nil {
		return execution{}, false, err
	}
	argv := words
	if p.ExpandArgumentVars {
		argv = expandAll(ctx, s, words)
	}
	e, err := execute(ctx, s, words, sys.Command{Argv: argv, Dir: p.Chdir, Stdin: stdin(p.Stdin, p.StdinAddNewline)})
	return e, !e.start.IsZero(), err
}
