package sys

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

// FakeCommands answers commands from a script and remembers what was run. Use it with Rooted:
//
//	f := sys.NewFakeCommands().On("systemctl is-active ssh", sys.Output{Stdout: []byte("active\n")})
//	machine := sys.Rooted(dir, f.Option())
type FakeCommands struct {
	mu      sync.Mutex
	answers []fakeAnswer
	calls   []Command
}

type fakeAnswer struct {
	prefix string
	answer func(Command) (Output, error)
}

// NewFakeCommands knows no command yet.
func NewFakeCommands() *FakeCommands { return &FakeCommands{} }

// On answers commands whose words, joined by blanks, start with prefix. Later answers win over earlier ones.
func (f *FakeCommands) On(prefix string, out Output) *FakeCommands {
	return f.OnFunc(prefix, func(Command) (Output, error) { return out, nil })
}

// OnFunc computes the answer.
func (f *FakeCommands) OnFunc(prefix string, answer func(Command) (Output, error)) *FakeCommands {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, fakeAnswer{prefix, answer})
	return f
}

// Calls returns what was run, in order.
func (f *FakeCommands) Calls() []Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Command{}, f.calls...)
}

// Lines returns what was run as lines of text.
func (f *FakeCommands) Lines() []string {
	var out []string
	for _, c := range f.Calls() {
		out = append(out, strings.Join(c.Argv, " "))
	}
	return out
}

// Run answers a command; one that no answer fits is an error, so that a test notices it.
func (f *FakeCommands) Run(_ context.Context, c Command) (Output, error) {
	line := strings.Join(c.Argv, " ")
	f.mu.Lock()
	f.calls = append(f.calls, c)
	var answer func(Command) (Output, error)
	for _, a := range f.answers {
		if line == a.prefix || strings.HasPrefix(line, a.prefix+" ") || strings.HasSuffix(a.prefix, " ") && strings.HasPrefix(line, a.prefix) {
			answer = a.answer
		}
	}
	f.mu.Unlock()
	if answer == nil {
		return Output{}, fmt.Errorf("%q: %w", line, exec.ErrNotFound)
	}
	return answer(c)
}

// Find says that a program exists when some answer starts with it.
func (f *FakeCommands) Find(name string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.answers {
		if a.prefix == name || strings.HasPrefix(a.prefix, name+" ") {
			if strings.HasPrefix(name, "/") {
				return name, nil
			}
			return "/usr/bin/" + name, nil
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

// Option gives the commands to a rooted machine.
func (f *FakeCommands) Option() RootedOption { return WithCommands(f.Run, f.Find) }
