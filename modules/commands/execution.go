package commands

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// execution is a command that ran.
type execution struct {
	cmd        any // as the task gave it: a text or a list of words
	start, end time.Time
	out        sys.Output
}

// execute runs a command. A program that cannot be started is an error that carries the keys of a failed result.
func execute(ctx context.Context, s sys.System, cmd any, c sys.Command) (execution, error) {
	if program := c.Argv[0]; c.Dir != "" && strings.Contains(program, "/") && !path.IsAbs(program) {
		c.Argv = append([]string{path.Join(c.Dir, program)}, c.Argv[1:]...)
	}
	if err := startable(s, c.Argv); err != nil {
		return execution{}, err
	}
	e := execution{cmd: cmd, start: time.Now()}
	var err error
	e.out, err = s.Run(ctx, c)
	e.end = time.Now()
	if err != nil && ctx.Err() == nil {
		return execution{}, notStarted(c.Argv, err)
	}
	return e, err
}

// startable says in advance what the operating system would say of a program that cannot be run.
func startable(r sys.Reader, argv []string) error {
	program := argv[0]
	if !strings.Contains(program, "/") {
		if _, err := r.LookPath(program); err != nil {
			return notStarted(argv, fs.ErrNotExist)
		}
		return nil
	}
	st, err := r.Stat(program)
	switch {
	case err != nil:
		return notStarted(argv, err)
	case !st.IsRegular() || !r.Access(program, 1):
		return notStarted(argv, fs.ErrPermission)
	}
	return nil
}

// notStarted is the failure of a command that never ran, with the operating system's error number as rc.
func notStarted(argv []string, err error) error {
	number, text := 257, err.Error()
	var errno syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		number, text = 2, "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		number, text = 13, "Permission denied"
	case errors.Is(err, syscall.ENOEXEC):
		number, text = 8, "Exec format error"
	case errors.As(err, &errno):
		number, text = int(errno), sentence(errno.Error())
	}
	msg := text
	if number != 257 {
		msg = osError(number, text, argv[0])
	}
	quoted := make([]string, len(argv))
	for i, word := range argv {
		quoted[i] = shlex.Quote(word)
	}
	return modules.Fail(modules.Result{"rc": number, "cmd": strings.Join(quoted, " "), "stdout": "", "stderr": ""}, "%s", msg)
}

// result gives the keys of a finished command.
func (e execution) result(strip bool) modules.Result {
	if e.start.IsZero() {
		return modules.Result{}
	}
	res := blank(e.cmd)
	res["changed"], res["rc"] = true, e.out.Code
	res["stdout"], res["stderr"] = output(e.out.Stdout, strip), output(e.out.Stderr, strip)
	res["start"], res["end"], res["delta"] = timestamp(e.start), timestamp(e.end), duration(e.end.Sub(e.start))
	if e.out.Code != 0 {
		res["failed"], res["msg"] = true, "non-zero return code"
	}
	return res
}

// blank has every key that a command's result always has.
func blank(cmd any) modules.Result {
	return modules.Result{"changed": false, "stdout": "", "stderr": "", "rc": nil, "cmd": cmd, "start": nil, "end": nil,
		"delta": nil, "msg": ""}
}

// refusal is a failure before anything ran.
func refusal(cmd any, rc any, msg string) error {
	fields := blank(cmd)
	fields["rc"] = rc
	return modules.Fail(fields, "%s", msg)
}

func stdin(text string, newline bool) io.Reader {
	if text == "" {
		return nil
	}
	if newline {
		text += "\n"
	}
	return strings.NewReader(text)
}

// output is what a program printed as text; a byte that is no text becomes one replacement character.
func output(b []byte, strip bool) string {
	text := string(b)
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	if strip {
		text = strings.TrimRight(text, "\r\n")
	}
	return text
}
