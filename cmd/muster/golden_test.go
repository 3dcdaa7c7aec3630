package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/shlex"
)

// calls counts how scripts call a command, and keeps the exit codes that they see.
type calls struct {
	help, fails, unknownFlag, works int

	codes map[string]bool
}

// scriptCall is a line of a script that runs muster: what stands before, and the words after it.
var scriptCall = regexp.MustCompile(`^(?:\[[^]]*\] )*(! exec|exec|exits \d+) (?:env (?:\S+=\S* )*)?muster(?: (.*))?$`)

// countCalls reads the scripts and finds the command of each of their lines.
func countCalls(t *testing.T, root *cobra.Command) map[string]*calls {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	found := map[string]*calls{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(txtar.Parse(text).Comment), "\n") {
			m := scriptCall.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			words, err := shlex.Split(m[2])
			if err != nil {
				t.Fatalf("%s: %s: %v", f, line, err)
			}
			cmd := commandOf(root, words)
			if found[cmd.CommandPath()] == nil {
				found[cmd.CommandPath()] = &calls{codes: map[string]bool{"0": true}}
			}
			found[cmd.CommandPath()].count(cmd, m[1], words)
		}
	}
	return found
}

func (c *calls) count(cmd *cobra.Command, how string, words []string) {
	if code, ok := strings.CutPrefix(how, "exits "); ok {
		c.codes[code] = true
	}
	wrong := how != "exec" && how != "exits 0"
	flags := 0
	for _, w := range words {
		if w == "--help" || w == "-h" {
			c.help++
			return
		}
		if strings.HasPrefix(w, "--") && checkFlag(cmd, w) != nil {
			flags++
		}
	}
	switch {
	case wrong && flags > 0:
		c.unknownFlag++
	case wrong:
		c.fails++
	default:
		c.works++
	}
}

// commandOf follows words down the tree of commands.
func commandOf(root *cobra.Command, words []string) *cobra.Command {
	cmd := root
	for len(words) > 0 {
		next := subcommand(cmd, words[0])
		if next == nil {
			break
		}
		cmd, words = next, words[1:]
	}
	return cmd
}

// TestEveryCommandHasScripts fails when a command of muster has no script that runs it, none that shows its help, none that
// gives it a flag that it does not know, or none that sees it fail.
func TestEveryCommandHasScripts(t *testing.T) {
	root := newRootCmd(&streams{})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("completion")
	found := countCalls(t, root)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if !sub.Hidden && sub.Name() != "help" {
				walk(sub)
			}
		}
		c := found[cmd.CommandPath()]
		if c == nil {
			c = &calls{}
		}
		for what, n := range map[string]int{
			"runs it": c.works, "shows its --help": c.help, "sees it fail": c.fails, "gives it an unknown flag": c.unknownFlag,
		} {
			if n == 0 {
				t.Errorf("%s: no script in testdata/script %s", cmd.CommandPath(), what)
			}
		}
	}
	walk(root)
}

// documentedCode is an exit code in a command's help.
var documentedCode = regexp.MustCompile(`(?:Exit codes:|,)\s(\d+) `)

// TestExitCodesAreDocumented: scripts see the exit codes that a command's help names, and no others. That of an interrupt is the same
// everywhere, and seen in interrupt.txtar.
func TestExitCodesAreDocumented(t *testing.T) {
	root := newRootCmd(&streams{})
	found := countCalls(t, root)
	for _, cmd := range allCommands(root) {
		c := found[cmd.CommandPath()]
		if c == nil || cmd.Hidden {
			continue
		}
		_, text, _ := strings.Cut(cmd.Long, "Exit codes:")
		documented := map[string]bool{}
		for _, m := range documentedCode.FindAllStringSubmatch("Exit codes:"+strings.ReplaceAll(text, "\n", " "), -1) {
			documented[m[1]] = true
		}
		for code := range c.codes {
			if !documented[code] {
				t.Errorf("%s: scripts see the exit code %s, which its help does not name", cmd.CommandPath(), code)
			}
		}
		for code := range documented {
			if !c.codes[code] && code != "130" && cmd.HasParent() {
				t.Errorf("%s: its help names the exit code %s, which no script sees", cmd.CommandPath(), code)
			}
		}
	}
}
