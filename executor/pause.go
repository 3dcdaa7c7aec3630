package executor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/transport"
)

// Pauser is a terminal whose person may end a pause. It is asked by one goroutine at a time.
type Pauser interface {
	// Pause waits until the person presses enter, or for the pause's time, and returns what was typed meanwhile. After
	// control-C the person chooses: to go on, or to end with ErrAborted. Without a terminal it returns
	// transport.ErrNoTerminal at once and shows nothing.
	Pause(ctx context.Context, p Pause) (string, error)
}

// Pause is a wait for a person.
type Pause struct {
	Announce func()        // says what is waited for; called once keys are listened to; may be nil
	Question string        // shown at the terminal
	Limit    time.Duration // ends the wait; enter does not, then. 0 waits for enter
	Hidden   bool          // what is typed is not shown
}

// ErrAborted says that the person at the terminal chose not to go on.
var ErrAborted = errors.New("user requested abort!")

// pause waits for a time, or for an answer.
func pause(ctx context.Context, c *call) *itemResult {
	if bad := c.only("seconds", "minutes", "prompt", "echo"); bad != nil {
		return bad
	}
	_, hasSeconds := c.args.Get("seconds")
	_, hasMinutes := c.args.Get("minutes")
	if hasSeconds && hasMinutes {
		return failedResult("parameters are mutually exclusive: minutes|seconds")
	}
	start := c.t.x.o.Now()
	res := newResult("changed", false, "rc", 0, "stderr", "", "stdout", "", "start", start.Format("2006-01-02 15:04:05.000000"), "user_input", "")
	prompt := c.text("prompt")
	echo := c.bool("echo", true)
	unit := "minutes"
	if hasSeconds || hasMinutes {
		d, bad := c.pauseTime(hasSeconds)
		if bad != nil {
			return bad
		}
		if hasSeconds {
			unit = "seconds"
		}
		if err := c.pauseFor(ctx, d, prompt); err != nil {
			return failedResult("%v", ErrAborted)
		}
	} else if bad := c.pausePrompt(ctx, res, prompt, echo); bad != nil {
		return bad
	}
	return c.pauseDone(res, start, unit, echo)
}

func (c *call) say(text string) { c.t.x.sink.Handle(event.PromptText{Text: text}) }

func (c *call) pauseTime(seconds bool) (time.Duration, *itemResult) {
	key, unit := "minutes", time.Minute
	if seconds {
		key, unit = "seconds", time.Second
	}
	n, ok := toFloat(mustArg(c.args, key))
	if !ok {
		return 0, failedResult("argument '%s' is of type %s and we were unable to convert to int: %s cannot be converted to an int", key, pythonClass(mustArg(c.args, key)), pythonClass(mustArg(c.args, key)))
	}
	return max(time.Duration(n*float64(unit)), time.Second), nil
}

// pauseFor waits for a time, which the person at the terminal may cut short.
func (c *call) pauseFor(ctx context.Context, d time.Duration, prompt string) error {
	announce := func() {
		c.say(fmt.Sprintf("Pausing for %d seconds\n(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)\r", int(d.Seconds())))
		if prompt != "" {
			c.say(fmt.Sprintf("[%s]\n%s:", c.t.play.taskTitle(c.t.task, c.t.host), prompt))
		}
	}
	if p := c.t.x.o.Pauser; p != nil {
		if _, err := p.Pause(ctx, Pause{Announce: announce, Limit: d, Hidden: true}); !errors.Is(err, transport.ErrNoTerminal) {
			return err
		}
	}
	announce()
	return wait(ctx, d)
}

// pausePrompt asks the user; without a terminal it goes on at once with a warning, as Ansible does.
func (c *call) pausePrompt(ctx context.Context, res *itemResult, prompt string, echo bool) *itemResult {
	text := "Press enter to continue, Ctrl+C to interrupt"
	if prompt != "" {
		text = prompt
	}
	if !echo {
		text += " (output is hidden)"
	}
	answer, err := c.pauseAsk(ctx, fmt.Sprintf("[%s]\n%s:\n", c.t.play.taskTitle(c.t.task, c.t.host), text), !echo)
	switch {
	case errors.Is(err, transport.ErrNoTerminal):
		c.t.x.warn("Not waiting for response to prompt as stdin is not interactive")
	case err != nil:
		return failedResult("%v", ErrAborted)
	}
	res.dict.Set("user_input", answer)
	return nil
}

func (c *call) pauseAsk(ctx context.Context, question string, hidden bool) (string, error) {
	if p := c.t.x.o.Pauser; p != nil {
		return p.Pause(ctx, Pause{Question: question, Hidden: hidden})
	}
	return c.t.x.o.Prompter.Ask(ctx, question, hidden)
}

func (c *call) pauseDone(res *itemResult, start time.Time, unit string, echo bool) *itemResult {
	stop := c.t.x.o.Now()
	took := stop.Sub(start).Seconds()
	shown := took
	if unit == "minutes" {
		shown = took / 60
	}
	res.dict.Set("stop", stop.Format("2006-01-02 15:04:05.000000"))
	res.dict.Set("delta", int(took))
	res.dict.Set("echo", echo)
	res.dict.Set("stdout", fmt.Sprintf("Paused for %s %s", value.Str(math.Round(shown*100)/100), unit))
	c.t.absorb(res)
	return res
}
