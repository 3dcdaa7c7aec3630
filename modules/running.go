package modules

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// running is what the engine lends to a module's functions through their context.
type running struct {
	call     *Call
	content  ContentSource
	warnings []string
	undoing  bool
	memo     map[string]any
	cleanups []func()
}

type runningKey struct{}

func begin(ctx context.Context, c *Call) (context.Context, *running) {
	r := &running{call: c, content: c.Content}
	return context.WithValue(ctx, runningKey{}, r), r
}

func current(ctx context.Context) *running {
	r, _ := ctx.Value(runningKey{}).(*running)
	return r
}

// Memo computes something once for a run of a module: Read, Apply and the second Read share it. The cleanup, which may
// be nil, runs when the task ends.
func Memo[T any](ctx context.Context, key string, compute func() (T, func(), error)) (T, error) {
	r := current(ctx)
	if r == nil {
		v, _, err := compute()
		return v, err
	}
	if v, ok := r.memo[key].(T); ok {
		return v, nil
	}
	v, cleanup, err := compute()
	if cleanup != nil {
		r.cleanups = append(r.cleanups, cleanup)
	}
	if err != nil {
		return v, err
	}
	if r.memo == nil {
		r.memo = map[string]any{}
	}
	r.memo[key] = v
	return v, nil
}

// end runs what Memo asked to run.
func (r *running) end() {
	for _, f := range r.cleanups {
		f()
	}
}

// Warn adds a line to the result's warnings, once.
func Warn(ctx context.Context, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if r := current(ctx); r != nil && !slices.Contains(r.warnings, line) {
		r.warnings = append(r.warnings, line)
	}
}

// CheckMode reports whether the task runs in check mode.
func CheckMode(ctx context.Context) bool {
	r := current(ctx)
	return r != nil && r.call.Check
}

// Undoing reports whether a journalled change is being taken back. Read must then be thorough (digests, not sizes), and
// Apply must leave alone what it did not make.
func Undoing(ctx context.Context) bool {
	r := current(ctx)
	return r != nil && r.undoing
}

// DiffMode reports whether the task's result is to carry a diff.
func DiffMode(ctx context.Context) bool {
	r := current(ctx)
	return r != nil && r.call.Diff
}

// OpenContent opens content that the controller holds (while a task runs) or that the journal kept (during undo).
func OpenContent(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	r := current(ctx)
	if r == nil || r.content == nil {
		return nil, fmt.Errorf("content %s: the task names no content", sha256)
	}
	return r.content.Open(ctx, sha256)
}

// Error is a failure with keys of its own in the result, such as rc or path.
type Error struct {
	Msg    string
	Fields Result
}

// Error returns the message.
func (e *Error) Error() string { return e.Msg }

// Fail is an error whose fields become keys of the failed result.
func Fail(fields Result, format string, args ...any) error {
	return &Error{Msg: fmt.Sprintf(format, args...), Fields: fields}
}

// failed turns an error of a module's function into a result.
func failed(err error) Result {
	var e *Error
	res := Result{}
	if errors.As(err, &e) {
		for k, v := range e.Fields {
			res[k] = v
		}
	}
	res["failed"] = true
	if _, has := res["changed"]; !has {
		res["changed"] = false
	}
	res["msg"] = err.Error()
	return res
}

// finish adds what every result has: the invocation, warnings, and masked secrets.
func finish(res Result, d Decoded, r *running) Result {
	if res == nil {
		res = Result{}
	}
	if _, has := res["changed"]; !has {
		res["changed"] = false
	}
	noteIntegers(res)
	addLines(res, "stdout")
	addLines(res, "stderr")
	res["invocation"] = map[string]any{"module_args": d.Args}
	if n := len(d.Warnings) + len(r.warnings); n > 0 {
		var all []any
		if own, ok := res["warnings"].([]any); ok {
			all = own
		}
		for _, w := range append(append([]string{}, d.Warnings...), r.warnings...) {
			all = append(all, w)
		}
		res["warnings"] = all
	}
	if len(d.Secrets) > 0 {
		return Mask(res, d.Secrets).(Result)
	}
	return res
}

// addLines splits what a command printed, as Ansible does for every result.
func addLines(res Result, key string) {
	text, ok := res[key].(string)
	if _, has := res[key+"_lines"]; has || !ok {
		return
	}
	lines := []any{}
	for _, l := range SplitLines(text) {
		lines = append(lines, l)
	}
	res[key+"_lines"] = lines
}

// SplitLines splits text as Python's str.splitlines does.
func SplitLines(text string) []string {
	var out []string
	start := 0
	for i, r := range text {
		if i < start {
			continue
		}
		size := 1
		switch r {
		case '\r':
			if strings.HasPrefix(text[i+1:], "\n") {
				size = 2
			}
		case '\n', '\v', '\f', 0x1c, 0x1d, 0x1e:
		case 0x85:
			size = 2
		case 0x2028, 0x2029:
			size = 3
		default:
			continue
		}
		out = append(out, text[start:i])
		start = i + size
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// system is the machine as a task sees it: with its environment, and in check mode without a way to write.
func (c *Call) system() sys.System {
	if len(c.Env) == 0 {
		return c.Sys
	}
	return sys.WithEnv(c.Sys, c.Env)
}

// recovered turns a panic inside a module into a failed result, so that one module cannot end the runner.
func recovered(name string, res *Result) {
	if p := recover(); p != nil {
		*res = Failf("%s: internal error: %v", name, p)
	}
}
