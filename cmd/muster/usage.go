package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/musterhq/muster/internal/diag"
)

// flagError says what is wrong with a flag, in words of the command line.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	text := err.Error()
	switch {
	case errors.As(err, &unknown):
		if s := diag.Suggest(unknown.GetSpecifiedName(), longNames(cmd)); s != "" && len(unknown.GetSpecifiedName()) > 1 {
			text += fmt.Sprintf("; did you mean --%s?", s)
		}
	case errors.As(err, &value):
		kind := value.GetFlag().Value.Type()
		if kind == "int" || kind == "count" {
			kind = "whole number"
		}
		if kind == "bool" {
			kind = "truth value (true or false)"
		}
		text = fmt.Sprintf("--%s must be a %s, not %q", value.GetFlag().Name, kind, value.GetValue())
	}
	return optionsError{fmt.Errorf("%s\nSee '%s --help'", text, cmd.CommandPath()), ansibleUsage}
}

// onlyCommands is the rule for words after a command that has commands below it: they must be one of those.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	slices.Sort(names)
	text := fmt.Sprintf("%s has no command %q", cmd.CommandPath(), args[0])
	if s := diag.Suggest(args[0], names); s != "" {
		return fmt.Errorf("%s; did you mean %s?\nSee '%s --help'", text, s, cmd.CommandPath())
	}
	return fmt.Errorf("%s; there are %s\nSee '%s --help'", text, strings.Join(names, ", "), cmd.CommandPath())
}

// showHelp is what a command does that has commands below it.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// noWords is the rule for commands that take flags only.
func noWords(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes flags only, not %q\nSee '%s --help'", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}

// oneWord is the rule for commands that take exactly one word.
func oneWord(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return missing(cmd, what)
		}
		return atMostOne(what)(cmd, args)
	}
}

// missing says that a command lacks a word, and how it is called.
func missing(cmd *cobra.Command, what string) error {
	return fmt.Errorf("%s is missing: %s", what, strings.TrimSuffix(cmd.UseLine(), " [flags]"))
}

// atMostOne is the rule for commands that take one word, or none.
func atMostOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			_, noun, _ := strings.Cut(what, " ") // without its article
			return fmt.Errorf("one %s is enough, %q is too much", noun, args[1])
		}
		return nil
	}
}

// someWords is the rule for commands that take one word or more.
func someWords(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return missing(cmd, what)
		}
		return nil
	}
}
