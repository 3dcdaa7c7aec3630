package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/diag"
)

// The exit codes that commands share; help repeats them.
const (
	exitOK          = 0
	exitError       = 1
	exitFailed      = 2
	exitUnreachable = 4
	exitRolledBack  = 6
	exitInterrupted = 130
)

// What help says about them: of commands that run plays, of others that ask hosts, and of those that stay on this machine.
const (
	exitHelp = `
Exit codes: 0 fine, 1 an error in the input or in muster, 2 a host failed, 4 hosts were unreachable, 6 failed and rolled
back, 130 interrupted.`
	exitHelpHosts = `
Exit codes: 0 fine, 1 an error in the input or in muster, 2 a host failed, 4 hosts were unreachable, 130 interrupted.`
	exitHelpLocal = `
Exit codes: 0 fine, 1 an error in the input or in muster, 130 interrupted.`
)

// exitCode is an error that only carries the code: what happened has been shown.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// optionsError is a mistake in how the command line is put together. Under the names of Ansible's programs it ends with their
// exit code for it, which scripts know.
type optionsError struct {
	error
	ansible int
}

// Ansible's exit codes for mistakes on the command line: of its syntax, and of flags that contradict each other.
const (
	ansibleUsage   = 2
	ansibleOptions = 5
)

// aliases are the names under which a link to muster is Ansible's program.
var aliases = map[string][]string{
	"ansible-playbook":  {"run"},
	"ansible":           {"exec"},
	"ansible-inventory": {"inventory"},
	"ansible-vault":     {"vault"},
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, io *streams, args []string) int {
	words := args[1:]
	if code, handled := runnerCommand(ctx, words); handled {
		return code
	}
	if code, handled := guardCommand(words); handled {
		return code
	}
	name := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if sub, ok := aliases[name]; ok {
		io.program = name
		words = append(append([]string(nil), sub...), words...)
	}
	root := newRootCmd(io)
	root.SetArgs(abbreviated(root, words))
	return report(io, root.ExecuteContext(ctx))
}

func newRootCmd(io *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "Run Ansible playbooks over SSH, without Python, an order of magnitude faster",
		Long: `muster runs Ansible-style playbooks over SSH from one static binary.
Exit codes: 0 fine, 1 an error in the input or in muster, 2 a host failed, 3 hosts differ (plan, drift), 4 hosts were
unreachable, 6 failed and rolled back, 130 interrupted.`,
		Version:       buildVersion(),
		Args:          onlyCommands,
		RunE:          showHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("muster {{.Version}}\n")
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.SetIn(io.in)
	root.SetFlagErrorFunc(flagError)
	likeAnsible := []*cobra.Command{newRunCmd(io, nil), newExecCmd(io, nil), newInventoryCmd(io, nil), newVaultCmd(io)}
	for _, cmd := range likeAnsible {
		addVersionFlag(io, cmd)
	}
	root.AddCommand(likeAnsible...)
	root.AddCommand(newRollbackCmd(io, nil), newJournalCmd(io, nil), newEvalCmd(io), newDocCmd(io), newDriftCmd(io, nil), newPlanCmd(io, nil), newLinksCmd(io), newDemoCmd(io), newVersionCmd(io))
	root.AddCommand(newLintCmd(io, nil), newServeCmd(io, nil), newServeRunCmd(io))
	root.AddCommand(newHistoryCmd(io), newResumeCmd(io, nil))
	root.AddCommand(newConfigCmd(io), newFactsCmd(io), newSchemaCmd(io), newReferenceCmd())
	completions(root, io)
	return root
}

// nearby names files below the working folder from there.
func nearby(list diag.List, dir string) diag.List {
	out := make(diag.List, len(list))
	for i, d := range list {
		shown := *d
		if rel, err := filepath.Rel(dir, d.Pos.File); err == nil && filepath.IsAbs(d.Pos.File) && filepath.IsLocal(rel) {
			shown.Pos.File = rel
		}
		out[i] = &shown
	}
	return out
}

// report shows an error and returns its exit code.
func report(io *streams, err error) int {
	var code exitCode
	var list diag.List
	var one *diag.Diagnostic
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(io.err, "muster: interrupted")
		return exitInterrupted
	case errors.As(err, &list):
		reportDiagnostics(io, list)
	case errors.As(err, &one):
		reportDiagnostics(io, diag.List{one})
	case io.program != "":
		fmt.Fprintf(io.err, "ERROR! %s\n", io.hide(err.Error()))
		if wrong := (optionsError{}); errors.As(err, &wrong) {
			return wrong.ansible
		}
	default:
		fmt.Fprintf(io.err, "muster: error: %s\n", io.hide(err.Error()))
	}
	return exitError
}

// reportDiagnostics shows mistakes with their places. Under the name of one of Ansible's programs the first is said as
// ERROR!, which is what scripts look for, and once, as they count it.
func reportDiagnostics(io *streams, list diag.List) {
	if io.program != "" && len(list) > 0 {
		fmt.Fprintf(io.err, "ERROR! %s\n\n", io.hide(list[0].Summary))
		first := *list[0]
		first.Summary = "the error is here"
		list = append(diag.List{&first}, list[1:]...)
	}
	var text strings.Builder
	diag.Render(&text, nearby(list, io.dir))
	fmt.Fprint(io.err, io.hide(text.String()))
}
