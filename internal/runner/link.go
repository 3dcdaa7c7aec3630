package runner

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/become"
	"github.com/musterhq/muster/transport/wire"
)

// startTimeout is how long a method may take to start the child, PAM's delays included.
const startTimeout = 60 * time.Second

// link is a started child process whose Magic has been read.
type link struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	closer func()   // ends the input
	output *os.File // what out reads
	once   sync.Once
	waited chan struct{} // closed when the process has ended
	code   int           // its exit code, after that

	mu     sync.Mutex
	talk   *become.Dialogue // until Magic was read
	failed *become.Failure  // what standard error said of it
	words  []byte           // standard error after that
}

// connect starts the plan's command and talks to it until the runner answers.
func connect(ctx context.Context, plan become.Plan, talk *become.Dialogue, terminal bool) (*link, *become.Failure) {
	cmd := exec.Command(plan.Argv[0], plan.Argv[1:]...)
	cmd.Env = englishEnv()
	l := &link{cmd: cmd, talk: talk, waited: make(chan struct{})}
	start := l.startPipes
	if terminal {
		start = l.startTerminal
	}
	if err := start(); err != nil {
		return nil, talk.Refused(-1, err)
	}
	timer := time.AfterFunc(startTimeout, l.abort)
	defer timer.Stop()
	defer context.AfterFunc(ctx, l.abort)()
	err := wire.Scan(l.out, l.feed)
	if err == nil {
		l.mu.Lock()
		l.talk = nil
		l.mu.Unlock()
		return l, nil
	}
	timely := timer.Stop()
	l.close()
	if failure := (*become.Failure)(nil); errors.As(err, &failure) {
		return nil, failure
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.failed != nil:
		return nil, l.failed
	case ctx.Err() != nil:
		return nil, &become.Failure{Kind: wire.KindBecome, What: plan.Method + " to " + plan.User + ": " + context.Cause(ctx).Error()}
	case !timely:
		return nil, talk.Timeout(startTimeout.String())
	}
	return nil, talk.Refused(l.exitCode(), nil)
}

// exitCode is -1 while the process has not ended.
func (l *link) exitCode() int {
	select {
	case <-l.waited:
		return l.code
	default:
		return -1
	}
}

// feed gives output to the dialogue and sends its answer.
func (l *link) feed(output []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.talk == nil {
		l.words = append(l.words, output...)
		if len(l.words) > 8<<10 {
			l.words = append(l.words[:0], l.words[len(l.words)-4<<10:]...)
		}
		return nil
	}
	answer, failure := l.talk.Feed(output)
	if failure != nil {
		return failure
	}
	if answer != nil {
		if _, err := l.in.Write(answer); err != nil {
			return err
		}
	}
	return nil
}

func (l *link) startPipes() error {
	var err error
	if l.in, err = l.cmd.StdinPipe(); err != nil {
		return err
	}
	// os.Pipe rather than StdoutPipe: Wait must not close what is still being read.
	outR, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return errors.Join(err, outR.Close(), outW.Close())
	}
	l.cmd.Stdout, l.cmd.Stderr = outW, errW
	l.cmd.SysProcAttr = ownSession()
	err = l.cmd.Start()
	_, _ = outW.Close(), errW.Close()
	if err != nil {
		return errors.Join(err, outR.Close(), errR.Close())
	}
	l.output, l.out = outR, bufio.NewReaderSize(outR, 16<<10)
	errDone := make(chan struct{})
	l.closer = func() { _ = l.in.Close() }
	go func() {
		defer close(errDone)
		defer func() { _ = errR.Close() }()
		l.listen(errR)
	}()
	go l.wait(func() { <-errDone })
	return nil
}

// listen reads standard error. A failed talk ends the command, which ends the scan of its output.
func (l *link) listen(r io.Reader) {
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if err := l.feed(buf[:n]); err != nil {
				l.mu.Lock()
				errors.As(err, &l.failed)
				l.mu.Unlock()
				l.abort()
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *link) wait(before func()) {
	defer close(l.waited)
	before()
	_ = l.cmd.Wait() // its exit code says more
	l.code = l.cmd.ProcessState.ExitCode()
}

// abort ends a command that has not become a runner: without input it gives up, if it cannot be killed.
func (l *link) abort() {
	l.closer()
	_ = l.cmd.Process.Kill()
}

// close ends the child: it ends by itself when its input does. A child of our own user that lingers is killed.
func (l *link) close() {
	l.once.Do(func() {
		l.closer()
		timer := time.NewTimer(finishing + grace - time.Second)
		defer timer.Stop()
		select {
		case <-l.waited:
		case <-timer.C:
			_ = l.cmd.Process.Kill() // refused where sudo runs as root; its input has ended all the same
		}
		_ = l.output.Close()
	})
}

// lastWords is what the child printed last, for messages.
func (l *link) lastWords() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(printable(string(l.words))), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return ": " + last
	}
	return ""
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// englishEnv is the environment in which refusals can be read.
func englishEnv() []string {
	return append(os.Environ(), "LC_ALL=C", "LANGUAGE=")
}

// originalLocale restores what englishEnv replaced.
func originalLocale() map[string]string {
	return map[string]string{"LC_ALL": os.Getenv("LC_ALL"), "LANGUAGE": os.Getenv("LANGUAGE")}
}
