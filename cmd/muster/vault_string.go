package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// plainText is a value to encrypt, its name and where it came from.
type plainText struct{ name, text, from string }

func vaultEncryptString(ctx context.Context, j *vaultJob) error {
	todo, err := j.plainTexts(ctx)
	if err != nil {
		return err
	}
	var out strings.Builder
	for i, p := range todo {
		if p.text == "" {
			return fmt.Errorf("the plaintext from %s is empty, not encrypting", p.from)
		}
		sealed, err := j.seal(p.text)
		if err != nil {
			return err
		}
		if len(todo) > 1 {
			fmt.Fprintln(j.s.err, separator(p, i+1))
		}
		if p.name != "" {
			out.WriteString(p.name + ": ")
		}
		out.WriteString("!vault |\n")
		for line := range strings.SplitSeq(strings.TrimSpace(string(sealed)), "\n") {
			out.WriteString("          " + line + "\n")
		}
	}
	if err := j.writeOutput(orElse(j.o.output, "-"), []byte(out.String())); err != nil {
		return err
	}
	if j.s.tty {
		fmt.Fprintln(j.s.err, "Encryption successful")
	}
	return nil
}

// separator tells several values apart, beside the output.
func separator(p plainText, number int) string {
	if p.name != "" {
		return fmt.Sprintf("# The encrypted version of variable (%q, the string #%d from %s).", p.name, number, p.from)
	}
	return fmt.Sprintf("# The encrypted version of the string #%d from %s.)", number, p.from)
}

// plainTexts collects the values: from the prompt, from standard input, and from the command line.
func (j *vaultJob) plainTexts(ctx context.Context) ([]plainText, error) {
	words := slices.DeleteFunc(slices.Clone(j.args), func(a string) bool { return a == "-" })
	fromInput := len(words) < len(j.args) || len(j.args) == 0 && !j.o.prompt || j.o.stdinName != ""
	var todo []plainText
	switch {
	case j.o.prompt && fromInput:
		return nil, errors.New("the --prompt option is not supported if also reading input from stdin")
	case j.o.prompt:
		p, err := j.promptText(ctx)
		if err != nil {
			return nil, err
		}
		todo = append(todo, p)
	case fromInput:
		if j.s.tty {
			fmt.Fprintln(j.s.err, "Reading plaintext input from stdin. (ctrl-d to end input, twice if your content does not already have a newline)")
		}
		data, err := io.ReadAll(j.s.in)
		if err != nil {
			return nil, err
		}
		todo = append(todo, plainText{j.o.stdinName, string(data), "stdin"})
	}
	if n := len(j.o.names); n > 0 && len(words) > n {
		fmt.Fprintf(j.s.err, "The number of --name options do not match the number of args.\nThe last named variable will be %q. The rest will not have names.\n", j.o.names[n-1])
	}
	for i, w := range words {
		name := ""
		if i < len(j.o.names) {
			name = j.o.names[i]
		}
		todo = append(todo, plainText{name, w, "the command line args"})
	}
	return todo, nil
}

func (j *vaultJob) promptText(ctx context.Context) (plainText, error) {
	name, err := j.s.Ask(ctx, "Variable name (enter for no name): ", false)
	if err != nil {
		return plainText{}, err
	}
	question := "String to encrypt (hidden): "
	if j.o.showInput {
		question = "String to encrypt: "
	}
	text, err := j.s.Ask(ctx, question, !j.o.showInput)
	return plainText{name, text, "the interactive prompt"}, err
}
