package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// RawParams are the parameters of raw.
type RawParams struct {
	Cmd        string `param:"cmd" alias:"_raw_params,free_form" doc:"The text that the login shell runs."`
	Executable string `param:"executable" doc:"A shell to run the text in, as an absolute path."`
}

// Raw runs a line of text. The executor sends it over the connection without a runner, for hosts that cannot have one;
// a runner that gets it runs it all the same.
func Raw() modules.Module {
	return modules.Action[RawParams, execution]{
		Info: modules.Info{
			Name:    "raw",
			Summary: "Run a line of text on the host with nothing but its shell.",
			Notes:   "It needs nothing on the host, not even a runner. Undoing needs a rollback handler.",
			Undo:    modules.UndoNone, FreeForm: "cmd", RawForm: true, NoCheck: true,
			Examples: `
- name: Install what everything else needs
  raw: apt-get -y install sudo
- name: Use another shell
  raw: cat < /tmp/*txt
  args:
    executable: /bin/bash
`,
		},
		Validate: func(p *RawParams) error {
			if strings.TrimSpace(p.Cmd) == "" {
				return fmt.Errorf("no command given")
			}
			return nil
		},
		Run: func(ctx context.Context, s sys.System, p RawParams) (execution, bool, error) {
			shell := p.Executable
			if shell == "" {
				shell = "/bin/sh"
			}
			e, err := execute(ctx, s, p.Cmd, sys.Command{Argv: []string{shell, "-c", p.Cmd}})
			return e, !e.start.IsZero(), err
		},
		Report: func(_ RawParams, e execution) modules.Result { return e.outcome() },
	}.Module()
}
