package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// pause waits for a time, or for an answer.
func pause(ctx context.Context, c *call) *itemResult {
	if bad := c.only("seconds", "minutes", "prompt", "echo"); bad != nil {
		return bad
	}
	if text, isText := mustArg(c.args, "echo").(string); isText && !isBoolWord(text) {
		return failedResult("argument 'echo' is of type <class 'str'> and we were unable to convert to bool: The value '%s' is not a valid boolean.", text)
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
		c.say(fmt.Sprintf("Pausing for %d seconds\n(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)\r", int(d.Seconds())))
		if prompt != "" {
			c.say(fmt.Sprintf("[%s]\n%s:", c.t.play.taskTitle(c.t.task, c.t.host), prompt))
		}
		if err := wait(ctx, d); err != nil {
			return failedResult("user requested abort!")
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
	d := time.Duration(n * float64(unit))
	if d < time.Second {
		d = time.Second
	}
	return d, nil
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
	answer, err := c.t.x.o.Prompter.Ask(ctx, fmt.Sprintf("[%s]\n%s:\n", c.t.play.taskTitle(c.t.task, c.t.host), text), !echo)
	switch {
	case errors.Is(err, transport.ErrNoTerminal):
		c.t.x.warn("Not waiting for response to prompt as stdin is not interactive")
	case err != nil:
		return failedResult("user requested abort!")
	}
	res.dict.Set("user_input", answer)
	return nil
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

// raw runs a command line on the host without a runner.
func raw(ctx context.Context, c *call) *itemResult {
	command := c.text(playbook.RawParams)
	if command == "" {
		return failedResult("no command given")
	}
	if c.check {
		return newResult("changed", false, "skipped", true)
	}
	env, err := c.environment()
	if err != nil {
		return c.t.broken(err)
	}
	return c.withConn(ctx, func(conn transport.Conn, t transport.Target, b *wire.Become) *itemResult {
		out, err := transport.RunRaw(ctx, conn, exports(env)+command, transport.RawOptions{Host: t.Name, Executable: c.text("executable"), Become: b})
		if err != nil {
			return c.t.unreachableResult(err)
		}
		res := newResult("changed", true, "rc", out.Code, "stdout", string(out.Stdout), "stderr", string(out.Stderr))
		if out.Code != 0 {
			res.dict.Set("failed", true)
			res.dict.Set("msg", "non-zero return code")
		}
		c.t.absorb(res)
		return res
	})
}

// exports sets environment variables in front of a shell's command line.
func exports(env map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(env)) {
		b.WriteString(k + "=" + shlex.Quote(env[k]) + " ")
	}
	if b.Len() == 0 {
		return ""
	}
	return "export " + b.String() + "; "
}

// waitForConnection waits until the host can be worked on.
func waitForConnection(ctx context.Context, c *call) *itemResult {
	if bad := c.only("connect_timeout", "delay", "sleep", "timeout"); bad != nil {
		return bad
	}
	seconds := func(name string, def float64) time.Duration {
		f, ok := toFloat(mustArg(c.args, name))
		if !ok {
			f = def
		}
		return time.Duration(f * float64(time.Second))
	}
	if c.check {
		return newResult("changed", false, "skipped", true, "elapsed", 0)
	}
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, seconds("timeout", 600))
	defer cancel()
	if err := wait(limited, seconds("delay", 0)); err != nil {
		return failedResult("timed out waiting for ping module test: %v", err)
	}
	for {
		err := c.reach(limited, seconds("connect_timeout", 5))
		if err == nil {
			return newResult("changed", false, "elapsed", int(time.Since(start).Seconds()))
		}
		if wait(limited, seconds("sleep", 1)) != nil {
			return newResult("changed", false, "failed", true, "elapsed", int(time.Since(start).Seconds()), "msg", fmt.Sprintf("timed out waiting for ping module test: %v", err))
		}
	}
}

// reach opens the target's runner once.
func (c *call) reach(ctx context.Context, limit time.Duration) error {
	target, err := c.connection()
	if err != nil {
		return err
	}
	target.Timeout = limit
	if _, err := c.t.x.o.Sessions.Session(ctx, target); err != nil {
		return errors.Join(err, c.t.x.o.Sessions.Reset(ctx, target))
	}
	return nil
}
