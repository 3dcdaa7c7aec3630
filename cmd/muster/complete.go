package main

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/modules/all"
)

// completions teaches a shell what may follow: hosts and groups of the inventory, tags and tasks of the playbooks on the
// command line, modules. Mistakes in files complete nothing; nothing is asked and nothing is run but inventory scripts.
func completions(root *cobra.Command, s *streams) {
	root.InitDefaultCompletionCmd("completion")
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			explainCompletion(cmd)
		}
		flags := cmd.Flags()
		complete := func(flag string, f func(*cobra.Command, []string) []string) {
			if flags.Lookup(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, listed(f)) // fails for a flag that has one already
			}
		}
		complete("limit", func(c *cobra.Command, _ []string) []string { return hostWords(c, s) })
		complete("module-name", func(*cobra.Command, []string) []string { return moduleWords() })
		complete("tags", func(c *cobra.Command, args []string) []string { return bookWords(c, s, args, tagWords) })
		complete("skip-tags", func(c *cobra.Command, args []string) []string { return bookWords(c, s, args, tagWords) })
		complete("start-at-task", func(c *cobra.Command, args []string) []string { return bookWords(c, s, args, taskWords) })
		complete("become-method", func(*cobra.Command, []string) []string { return []string{"sudo", "su", "doas"} })
		complete("connection", func(*cobra.Command, []string) []string { return []string{"ssh", "local"} })
		complete("output", func(*cobra.Command, []string) []string { return outputs() })
		switch cmd.Name() {
		case "exec", "facts":
			cmd.ValidArgsFunction = firstWord(listed(func(c *cobra.Command, _ []string) []string { return hostWords(c, s) }))
		case "doc":
			cmd.ValidArgsFunction = listed(func(*cobra.Command, []string) []string { return moduleWords() })
		}
	}
}

// explainCompletion makes the library's command like the others: it refuses words that it does not know, has examples, and says what its exit
// codes mean.
func explainCompletion(cmd *cobra.Command) {
	cmd.Args, cmd.RunE = onlyCommands, showHelp
	cmd.Long = strings.TrimSpace(cmd.Long) + "\n" + exitHelpLocal
	cmd.Example = "  muster completion bash > /etc/bash_completion.d/muster"
	for _, shell := range cmd.Commands() {
		shell.Args = noWords
		shell.Long = strings.TrimSpace(shell.Long) + "\n" + exitHelpLocal
		shell.Example = "  muster completion " + shell.Name()
	}
}

// listed completes words from a list; after a comma the next one.
func listed(f func(*cobra.Command, []string) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := ""
		if i := strings.LastIndexByte(typed, ','); i >= 0 {
			before, typed = typed[:i+1], typed[i+1:]
		}
		var out []string
		for _, word := range f(cmd, args) {
			if strings.HasPrefix(word, typed) {
				out = append(out, before+word)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// firstWord completes the first word only.
func firstWord(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, typed)
	}
}

func moduleWords() []string { return executor.ActionNames(all.All()) }

// quietBench is a workbench that says nothing and asks nothing, with the inventory that the command line names.
func quietBench(cmd *cobra.Command, s *streams) (*workbench, error) {
	quiet := &streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard, env: s.env, dir: s.dir, exit: s.exit, secrets: s.secrets}
	flags := &hostFlags{}
	if list, err := cmd.Flags().GetStringArray("inventory"); err == nil {
		flags.inventory = list
	}
	w, err := newWorkbench(context.Background(), quiet, flags)
	if err != nil {
		return nil, err
	}
	_, err = w.loadInventory(context.Background())
	return w, err
}

// hostWords are the groups and hosts of the inventory.
func hostWords(cmd *cobra.Command, s *streams) []string {
	w, err := quietBench(cmd, s)
	if err != nil {
		return nil
	}
	words := []string{"all"}
	hosts, _ := w.inv.Match("all")
	groups := map[string]bool{}
	for _, h := range hosts {
		for _, g := range h.Groups() {
			groups[g] = true
		}
	}
	words = append(words, slices.Sorted(maps.Keys(groups))...)
	for _, h := range hosts {
		words = append(words, h.Name)
	}
	return words
}

// bookWords asks the playbooks on the command line for words.
func bookWords(cmd *cobra.Command, s *streams, books []string, words func(executor.PlayInfo) []string) []string {
	w, err := quietBench(cmd, s)
	if err != nil {
		return nil
	}
	loaded, err := w.loadBooks(books)
	if err != nil {
		return nil
	}
	opts, err := w.options(context.Background())
	if err != nil {
		return nil
	}
	opts.Sink = view.NewJSON(io.Discard)
	x := executor.New(opts)
	found := map[string]bool{}
	for _, b := range loaded {
		for _, p := range b.Plays {
			info, err := x.Describe(p)
			if err != nil {
				continue
			}
			for _, word := range words(info) {
				found[word] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func tagWords(info executor.PlayInfo) []string {
	words := slices.Clone(info.Tags)
	for _, t := range info.Tasks {
		words = append(words, t.Tags...)
	}
	return words
}

func taskWords(info executor.PlayInfo) []string {
	var words []string
	for _, t := range info.Tasks {
		words = append(words, t.Name)
	}
	return words
}
