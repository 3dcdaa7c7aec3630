package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryFlagOfAnsible compares the flags with lists recorded from `--help` of ansible-core 2.14's programs:
// testdata/flags/PROGRAM.txt, for ansible-vault one for each of its actions.
func TestEveryFlagOfAnsible(t *testing.T) {
	files, err := filepath.Glob("testdata/flags/*.txt")
	if err != nil || len(files) != 10 {
		t.Fatalf("found %d lists: %v", len(files), err)
	}
	root := newRootCmd(&streams{})
	for _, file := range files {
		program := strings.TrimSuffix(filepath.Base(file), ".txt")
		words := aliases[program]
		if action, ok := strings.CutPrefix(program, "ansible-vault-"); ok {
			words = []string{"vault", action}
		}
		cmd, _, err := root.Find(words)
		if err != nil || cmd == root {
			t.Fatalf("%s is no command: %v", words, err)
		}
		list, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for flag := range strings.FieldsSeq(string(list)) {
			if !hasFlag(cmd, flag) {
				t.Errorf("%s lacks %s", cmd.CommandPath(), flag)
			}
		}
	}
}

func hasFlag(cmd *cobra.Command, flag string) bool {
	cmd.InitDefaultHelpFlag()
	if name, ok := strings.CutPrefix(flag, "--"); ok {
		return cmd.Flags().Lookup(name) != nil
	}
	return cmd.Flags().ShorthandLookup(flag[1:]) != nil
}

// TestAliasesAreTheSameFlag: both names fill one list, whatever their order.
func TestAliasesAreTheSameFlag(t *testing.T) {
	var got []string
	cmd := newRunCmd(&streams{}, nil)
	if err := cmd.ParseFlags([]string{"--inventory-file", "a", "-i", "b", "--inventory=c", "--vault-pass-file", "x", "--vault-password-file", "y"}); err != nil {
		t.Fatal(err)
	}
	got, err := cmd.Flags().GetStringArray("inventory")
	if err != nil || strings.Join(got, " ") != "a b c" {
		t.Errorf("inventory is %q: %v", got, err)
	}
	if got, err = cmd.Flags().GetStringArray("vault-pass-file"); err != nil || strings.Join(got, " ") != "x y" {
		t.Errorf("vault-password-file is %q: %v", got, err)
	}
}

// TestEveryCommandExplainsItself: a long text with the exit codes and an example, which names the command.
func TestEveryCommandExplainsItself(t *testing.T) {
	for _, cmd := range allCommands(newRootCmd(&streams{})) {
		if cmd.Hidden || !cmd.Runnable() {
			continue
		}
		if !strings.Contains(cmd.Long, "Exit codes:") {
			t.Errorf("%s: --help does not say what the exit codes mean", cmd.CommandPath())
		}
		if cmd.HasParent() && !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s: no example", cmd.CommandPath())
		}
	}
}

func allCommands(cmd *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		out = append(out, allCommands(c)...)
	}
	return out
}

func TestAbbreviated(t *testing.T) {
	root := newRootCmd(&streams{})
	for _, c := range []struct{ in, want string }{
		{"run --inv hosts --ext a=1", "run --inventory hosts --extra-vars a=1"},
		{"run --lim=web", "run --limit=web"},
		{"run --list", "run --list"}, // of several
		{"run --vault-pass x", "run --vault-password-file x"},
		{"run --ask-vault", "run --ask-vault-password"},
		{"run --tags x --tag y", "run --tags x --tags y"},
		{"run -- --inv", "run -- --inv"},
		{"run --nothing-like-it", "run --nothing-like-it"},
		{"nosuch --inv x", "nosuch --inv x"},
		{"vault view --vault-i a@b", "vault view --vault-id a@b"},
	} {
		if got := strings.Join(abbreviated(root, strings.Fields(c.in)), " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
}
