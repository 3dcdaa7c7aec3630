package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// rebooting is a restart of a host under way.
type rebooting struct {
	c       *call
	target  transport.Target
	become  *wire.Become
	attempt time.Duration // bounds one try to reach the host
	start   time.Time
}

// Between two tries to reach a host that restarts; the pause grows from the first to the second.
const (
	rebootPause    = 500 * time.Millisecond
	rebootPauseMax = 5 * time.Second
)

// reboot restarts the host and waits until its boot ID is another one and a test command succeeds.
func reboot(ctx context.Context, c *call) *itemResult {
	if bad := c.only("boot_time_command", "connect_timeout", "connect_timeout_sec", "msg", "post_reboot_delay", "post_reboot_delay_sec",
		"pre_reboot_delay", "pre_reboot_delay_sec", "reboot_command", "reboot_timeout", "reboot_timeout_sec", "search_paths", "test_command"); bad != nil {
		return bad
	}
	r := &rebooting{c: c}
	var err error
	if r.target, err = c.connection(); err != nil {
		return failedResult("%s", err)
	}
	if r.target.Connection == "local" {
		return newResult("changed", false, "elapsed", 0, "rebooted", false, "failed", true, "msg", "Running reboot with local connection would reboot the control node.")
	}
	if c.check {
		return newResult("changed", true, "elapsed", 0, "rebooted", true)
	}
	if r.become, err = c.become(r.target); err != nil {
		return failedResult("%s", err)
	}
	if r.attempt = c.seconds(0, "connect_timeout", "connect_timeout_sec"); r.attempt <= 0 {
		r.attempt = max(r.target.Timeout, 10*time.Second)
	}
	return r.do(ctx)
}

func (r *rebooting) do(ctx context.Context) *itemResult {
	before, err := r.bootTime(ctx)
	var te *transport.Error
	switch {
	case errors.As(err, &te):
		return r.c.t.unreachableResult(err)
	case err != nil:
		return r.failed(false, fmt.Sprintf("reboot: failed to get host boot time info: %v", err))
	}
	r.start = time.Now()
	out, err := r.run(ctx, r.command())
	if err == nil && out.Code != 0 {
		return r.failed(false, fmt.Sprintf("Reboot command failed. Error was: '%s, %s'", strings.TrimSpace(string(out.Stdout)), strings.TrimSpace(string(out.Stderr))))
	} // a connection that ends amid the command is what was asked for
	if err := wait(ctx, r.c.seconds(0, "post_reboot_delay", "post_reboot_delay_sec")); err != nil {
		return r.failed(true, err.Error())
	}
	for _, step := range []struct {
		name string
		try  func(context.Context) error
	}{
		{"last boot time check", func(ctx context.Context) error { return r.anotherBoot(ctx, before) }},
		{"post-reboot test command", r.test},
	} {
		if err := r.until(ctx, step.try); err != nil {
			return r.failed(true, fmt.Sprintf("Timed out waiting for %s (timeout=%d): %v", step.name, int(r.limit().Seconds()), err))
		}
	}
	return newResult("changed", true, "rebooted", true, "elapsed", int(time.Since(r.start).Seconds()))
}

// failed is the result of a restart that did not come to its end; rebooted says whether the host was told to.
func (r *rebooting) failed(rebooted bool, msg string) *itemResult {
	res := newResult("changed", rebooted, "rebooted", rebooted, "failed", true, "msg", msg)
	if !r.start.IsZero() {
		res.dict.Set("elapsed", int(time.Since(r.start).Seconds()))
	}
	return res
}

func (r *rebooting) limit() time.Duration {
	return r.c.seconds(600, "reboot_timeout", "reboot_timeout_sec")
}

// until tries until it succeeds or the time for it is over; the error is that of the last try. A connection that a try
// could not use is dropped.
func (r *rebooting) until(ctx context.Context, try func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, r.limit())
	defer cancel()
	for pause := rebootPause; ; pause = min(2*pause, rebootPauseMax) {
		err := try(limited)
		if err == nil {
			return nil
		}
		if wait(limited, pause) != nil {
			return err
		}
	}
}

// anotherBoot succeeds once the host runs and is not in the boot it was in before.
func (r *rebooting) anotherBoot(ctx context.Context, before string) error {
	now, err := r.bootTime(ctx)
	if err != nil {
		return err
	}
	if now == "" || now == before {
		return fmt.Errorf("boot time has not changed")
	}
	return nil
}

func (r *rebooting) test(ctx context.Context) error {
	command := r.c.text("test_command")
	if command == "" {
		command = "whoami"
	}
	_, err := r.answer(ctx, command)
	return err
}

// bootTime asks the host for a text that no two boots share.
func (r *rebooting) bootTime(ctx context.Context) (string, error) {
	command := r.c.text("boot_time_command")
	if command == "" {
		command = "cat /proc/sys/kernel/random/boot_id"
	}
	return r.answer(ctx, command)
}

// answer is what a command prints that has to succeed.
func (r *rebooting) answer(ctx context.Context, command string) (string, error) {
	out, err := r.run(ctx, command)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(out.Stdout))
	if out.Code != 0 {
		return "", fmt.Errorf("rc: %d, stdout: %s, stderr: %s", out.Code, text, strings.TrimSpace(string(out.Stderr)))
	}
	return text, nil
}

// run runs a command line without a runner, within the time of one try, and drops the connection when that fails.
func (r *rebooting) run(ctx context.Context, command string) (transport.RawOutput, error) {
	limited, cancel := context.WithTimeout(ctx, r.attempt)
	defer cancel()
	sessions := r.c.t.x.o.Sessions
	conn, err := sessions.Conn(limited, r.target)
	if err != nil {
		return transport.RawOutput{}, err
	}
	out, err := transport.RunRaw(limited, conn, command, transport.RawOptions{Host: r.target.Name, Become: r.become})
	if err != nil {
		_ = sessions.Reset(ctx, r.target) // it is lost, or as good as lost
	}
	return out, err
}

// command is the line that restarts the host: the program is looked for in search_paths unless it is an absolute path.
func (r *rebooting) command() string {
	program, args, _ := strings.Cut(r.c.text("reboot_command"), " ")
	if strings.HasPrefix(program, "/") {
		return program + " " + args
	}
	pick := "p=" + shlex.Quote(program)
	if program == "" {
		args = `"$@"`
		pick = "p=shutdown; set -- -r " + fmt.Sprint(int(r.c.seconds(0, "pre_reboot_delay", "pre_reboot_delay_sec").Minutes())) + " " + shlex.Quote(r.message()) +
			"; if [ -e /etc/alpine-release ]; then p=reboot; set --; fi"
	}
	return pick + "; for d in " + shlex.Join(r.searchPaths()) + `; do if [ -e "$d/$p" ]; then exec "$d/$p" ` + args + `; fi; done; ` +
		`echo "Unable to find command \"$p\" in search paths" >&2; exit 127`
}

func (r *rebooting) message() string {
	if msg := r.c.text("msg"); msg != "" {
		return msg
	}
	return "Reboot initiated by muster"
}

func (r *rebooting) searchPaths() []string {
	switch v := mustArg(r.c.args, "search_paths").(type) {
	case nil:
		return []string{"/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"}
	case *value.List:
		var paths []string
		for _, p := range v.Items {
			paths = append(paths, value.Str(p))
		}
		return paths
	default:
		return strings.Split(value.Str(v), ",")
	}
}
