package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/musterhq/muster/playbook"
)

// Console is the person who steps through a run or debugs a task. It is asked by one goroutine at a time.
type Console interface {
	// Line shows a prompt and returns the next line that the person types; io.EOF when there is none.
	Line(ctx context.Context, prompt string) (string, error)
	// Print shows text, with a line's end after it. It reaches the person only, never a log.
	Print(text string)
}

// errNoConsole says that nobody can be asked.
var errNoConsole = errors.New("there is nobody to ask: --step and the debugger need a terminal, or answers on standard input")

// stepping is whether --step still holds.
type stepping struct{ on atomic.Bool }

// takeStep asks whether a task is to be performed, while --step holds.
func (p *playRun) takeStep(ctx context.Context, t *playbook.Task, h *hostState) (bool, error) {
	x := p.x
	if !x.steps.on.Load() || metaOf(t) != "" {
		return true, nil
	}
	if x.o.Console == nil {
		return false, errNoConsole
	}
	answer, err := x.o.Console.Line(ctx, fmt.Sprintf("Perform task: TASK: %s (N)o/(y)es/(c)ontinue: ", p.taskTitle(t, h)))
	if errors.Is(err, io.EOF) {
		return false, errNoConsole
	}
	if err != nil {
		return false, fmt.Errorf("--step: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	case "c", "continue":
		x.steps.on.Store(false)
		return true, nil
	}
	return false, nil
}
