package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/musterhq/muster/transport"
)

// streams are the standard streams of the process and what is known of the terminal.
type streams struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	tty     bool // standard input and output are a terminal
	outFile *os.File
	inFile  *os.File
	env     []string
	dir     string // the working folder

	asking sync.Mutex
}

func processIO() *streams {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return &streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, outFile: os.Stdout, inFile: os.Stdin, env: os.Environ(), dir: dir,
		tty: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())),
	}
}

var _ transport.Prompter = (*streams)(nil)

// Ask asks the person at the terminal, one question at a time. A secret answer is not shown.
func (s *streams) Ask(ctx context.Context, question string, secret bool) (string, error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if s.inFile == nil || !term.IsTerminal(int(s.inFile.Fd())) {
		return "", transport.ErrNoTerminal
	}
	fmt.Fprint(s.err, question)
	if secret {
		answer, err := term.ReadPassword(int(s.inFile.Fd()))
		fmt.Fprintln(s.err)
		return string(answer), err
	}
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// getenv returns an environment variable.
func (s *streams) getenv(name string) string {
	for i := len(s.env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(s.env[i], "="); ok && k == name {
			return v
		}
	}
	return ""
}
