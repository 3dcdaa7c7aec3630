package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"runtime"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/runnerbin"
	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/local"
	"github.com/musterhq/muster/transport/ssh"
)

// pool returns connections to hosts. With -vvv they tell about themselves where the sink shows it.
func (w *workbench) pool(sink event.Sink) (*transport.Pool, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	home, err := os.UserHomeDir()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		home = ""
	}
	store, err := runnerbin.New(runnerbin.Options{Self: image(self), Log: func(line string) { fmt.Fprintln(w.io.err, line) }})
	if err != nil {
		return nil, err
	}
	say := w.notices(sink)
	dialers := map[string]transport.Dialer{
		"ssh":   ssh.NewDialer(ssh.Options{Home: home, Env: w.io.env, Prompter: w.io, Logf: func(format string, args ...any) { say(fmt.Sprintf(format, args...)) }}),
		"local": local.Dialer{Runner: []string{self, "runner"}},
	}
	for kind, d := range dialers {
		dialers[kind] = tellingDialer{next: d, kind: kind, say: say, status: w.status}
	}
	return transport.NewPool(dialers, store, buildVersion()), nil
}

// image is where the running program can be read, also when an update has put another one in its place meanwhile.
func image(self string) string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	return self
}

// notices returns what shows a notice of a connection: below -vvv nothing does.
func (w *workbench) notices(sink event.Sink) func(string) {
	if w.settings.Verbosity < 3 {
		return func(string) {}
	}
	if text := textOf(sink); text != nil { // it may be called at any time
		text = secret.Sink{Next: text, Secrets: w.io.masking}
		return func(line string) { text.Handle(event.Message{Level: "verbose", Text: line}) }
	}
	return func(text string) { fmt.Fprintln(w.io.err, w.io.hide(text)) }
}

// tellingDialer tells about every connection that it opens.
type tellingDialer struct {
	next transport.Dialer
	kind string
	say  func(string)
	// status, if any, sees what is sent to hosts.
	status *view.Progress
}

// Dial opens a connection.
func (d tellingDialer) Dial(ctx context.Context, t transport.Target) (transport.Conn, error) {
	who := t.User
	if d.kind == "local" {
		d.say(fmt.Sprintf("<%s> ESTABLISH LOCAL CONNECTION FOR USER: %s", t.Name, localUser()))
		return d.next.Dial(ctx, t)
	}
	if who == "" {
		who = "None"
	}
	d.say(fmt.Sprintf("<%s> ESTABLISH SSH CONNECTION FOR USER: %s", t.Host, who))
	conn, err := d.next.Dial(ctx, t)
	if err != nil || d.status == nil {
		return conn, err
	}
	return pushingConn{conn, d.status}, nil
}

func localUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
