package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/view"
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
	exit    func(code int)
	began   func(run string) // is told the id of every run; nil where nobody asks
	program string           // the name that the user called
	line    *view.Line       // at the end of the terminal; nil without one
	warned  view.Seen
	secrets *secret.Registry // of the run, by value
	masking *secret.Registry // those to mask in what the user sees; nil when that is off

	asker  transport.Prompter // asks instead, when it is set
	asking sync.Mutex
	lines  *bufio.Reader // of in, for questions
}

// errInterrupted says that the user left at a question.
var errInterrupted = errors.New("interrupted")

func processIO(exit func(int)) *streams {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	var out, messages io.Writer = os.Stdout, os.Stderr
	var line *view.Line
	if term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stderr.Fd())) {
		line = view.NewLine(os.Stderr)
		out, messages = line.Over(out), line.Over(messages)
	}
	return &streams{
		in: os.Stdin, out: &openWriter{w: out}, err: messages, line: line, secrets: &secret.Registry{}, outFile: os.Stdout, inFile: os.Stdin, env: os.Environ(), dir: dir,
		tty: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())), exit: exit,
	}
}

// openWriter passes on what is written until that fails: then it says so once, and drops the rest.
type openWriter struct {
	mu     sync.Mutex
	w      io.Writer
	failed error
	tell   func(error)
}

// Write writes to the stream beneath.
func (o *openWriter) Write(p []byte) (int, error) {
	o.mu.Lock()
	if o.failed != nil {
		defer o.mu.Unlock()
		return 0, o.failed
	}
	n, err := o.w.Write(p)
	o.failed = err
	tell := o.tell
	o.mu.Unlock()
	if err != nil && tell != nil {
		tell(err)
	}
	return n, err
}

// onClosed has f called when standard output can be written no longer.
func (s *streams) onClosed(f func()) {
	o, ok := s.out.(*openWriter)
	if !ok {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tell = nil; f == nil {
		return
	}
	o.tell = func(err error) {
		fmt.Fprintf(s.err, "muster: standard output: %v; stopping after the running tasks\n", err)
		f()
	}
}

var _ transport.Prompter = (*streams)(nil)

// Ask asks the person at the terminal, one question at a time. A hidden answer is not shown, and a secret from then on. An interrupt ends the
// question with errInterrupted and leaves the terminal as it was.
func (s *streams) Ask(ctx context.Context, question string, hidden bool) (string, error) {
	if s.asker != nil {
		answer, err := s.asker.Ask(ctx, question, hidden)
		if hidden {
			s.secrets.Add(answer)
		}
		return answer, err
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if s.inFile == nil || !term.IsTerminal(int(s.inFile.Fd())) {
		return "", transport.ErrNoTerminal
	}
	screen := s.err
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil { // standard error may go elsewhere
		defer tty.Close() //nolint:errcheck // nothing is buffered
		screen = tty
	}
	defer s.line.Hold()()
	if hidden {
		defer hush(s.inFile)()
	}
	fmt.Fprint(screen, question)
	if hidden {
		answer, err := s.answer(ctx, s.inFile, screen, readPassword(s.inFile))
		s.secrets.Add(answer)
		return answer, err
	}
	if s.lines == nil {
		s.lines = bufio.NewReader(s.in)
	}
	return s.answer(ctx, s.inFile, screen, func() (string, error) { return s.lines.ReadString('\n') })
}

// readPassword reads a line from a terminal without showing it.
func readPassword(tty *os.File) func() (string, error) {
	return func() (string, error) {
		text, err := term.ReadPassword(int(tty.Fd()))
		return string(text), err
	}
}

// AskPassword asks for a password that the command line needs. When standard input is no terminal, the terminal of
// the session is asked, so that input can be piped; without a terminal the answer is the next line of standard input.
func (s *streams) AskPassword(ctx context.Context, question string) (string, error) {
	answer, err := s.Ask(ctx, question, true)
	if !errors.Is(err, transport.ErrNoTerminal) || s.inFile == nil {
		return answer, err
	}
	tty, openErr := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if openErr != nil {
		return s.pipedLine(question)
	}
	defer tty.Close() //nolint:errcheck // only read and written by questions
	defer hush(tty)()
	fmt.Fprint(tty, question)
	answer, err = s.answer(ctx, tty, tty, readPassword(tty))
	s.secrets.Add(answer)
	return answer, err
}

// Line asks the person who steps through a run or debugs a task; without a terminal the answers are the lines of standard
// input. The end of it is io.EOF.
func (s *streams) Line(ctx context.Context, prompt string) (string, error) {
	text, err := s.Ask(ctx, prompt, false)
	if !errors.Is(err, transport.ErrNoTerminal) {
		return text, err
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	fmt.Fprint(s.out, prompt)
	if s.lines == nil {
		s.lines = bufio.NewReader(s.in)
	}
	if text, err = s.lines.ReadString('\n'); err != nil && text == "" {
		return "", io.EOF
	}
	fmt.Fprintln(s.out)
	return strings.TrimRight(text, "\r\n"), nil
}

// Print shows text to the person at the console.
func (s *streams) Print(text string) { fmt.Fprintln(s.out, text) }

// pipedLine is the next line of standard input, the answer to a question that no terminal can be asked.
func (s *streams) pipedLine(question string) (string, error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if s.lines == nil {
		s.lines = bufio.NewReader(s.in)
	}
	text, err := s.lines.ReadString('\n')
	if err != nil && text == "" {
		return "", transport.ErrNoTerminal
	}
	fmt.Fprintln(s.err, question)
	return strings.TrimRight(text, "\r\n"), nil
}

// answer reads an answer unless an interrupt or the end of ctx comes first. The read itself cannot be called off: what
// is typed after that is lost, as the program is about to end.
func (s *streams) answer(ctx context.Context, tty *os.File, screen io.Writer, read func() (string, error)) (string, error) {
	before, stateErr := term.GetState(int(tty.Fd()))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, stopSignals()...)
	defer signal.Stop(signals)
	type line struct {
		text string
		err  error
	}
	got := make(chan line, 1)
	go func() {
		text, err := read()
		got <- line{text, err}
	}()
	var err error
	select {
	case l := <-got:
		if strings.HasSuffix(l.text, "\n") {
			return strings.TrimRight(l.text, "\r\n"), nil
		}
		fmt.Fprintln(screen)
		return l.text, l.err
	case <-signals:
		err = errInterrupted
	case <-ctx.Done():
		err = ctx.Err()
	}
	if stateErr == nil {
		err = errors.Join(err, term.Restore(int(tty.Fd()), before))
	}
	fmt.Fprintln(screen)
	return "", err
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
