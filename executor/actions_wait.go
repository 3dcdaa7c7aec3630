package executor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

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
		out, err := transport.RunRaw(ctx, conn, exports(env)+command, transport.RawOptions{Host: t.Name, Executable: orElse(c.text("executable"), c.t.x.shell()), Become: b})
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
	if c.check {
		return newResult("changed", false, "skipped", true, "elapsed", 0)
	}
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, c.seconds(600, "timeout"))
	defer cancel()
	if err := wait(limited, c.seconds(0, "delay")); err != nil {
		return failedResult("timed out waiting for ping module test: %v", err)
	}
	for {
		err := c.reach(limited, c.seconds(5, "connect_timeout"))
		if err == nil {
			return newResult("changed", false, "elapsed", int(time.Since(start).Seconds()))
		}
		if wait(limited, c.seconds(1, "sleep")) != nil {
			return newResult("changed", false, "failed", true, "elapsed", int(time.Since(start).Seconds()), "msg", fmt.Sprintf("timed out waiting for ping module test: %v", err))
		}
	}
}

// seconds returns the first of the arguments that is a number, as a time; def is in seconds too.
func (c *call) seconds(def float64, names ...string) time.Duration {
	for _, name := range names {
		if f, ok := toFloat(mustArg(c.args, name)); ok {
			return time.Duration(f * float64(time.Second))
		}
	}
	return time.Duration(def * float64(time.Second))
}

// reach opens the target's runner once, over a new connection: an old one may be lost without knowing it.
func (c *call) reach(ctx context.Context, limit time.Duration) error {
	target, err := c.connection()
	if err != nil {
		return err
	}
	_ = c.t.x.o.Sessions.Reset(ctx, target) // a lost one cannot be closed in order
	target.Timeout = limit
	_, err = c.t.x.o.Sessions.Session(ctx, target)
	return err
}
