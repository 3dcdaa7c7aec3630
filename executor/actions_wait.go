package executor

import (
	"context"
	"errors"
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
