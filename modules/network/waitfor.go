package network

import (
	"context"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type waitForParams struct {
	Host           string   `param:"host" default:"127.0.0.1" doc:"The host whose port is watched."`
	Timeout        int      `param:"timeout" default:"300" doc:"Seconds to wait at most; with nothing to watch, how long to wait."`
	ConnectTimeout int      `param:"connect_timeout" default:"5" doc:"Seconds that one attempt to connect may take."`
	Delay          int      `param:"delay" default:"0" doc:"Seconds before the first look."`
	Port           *int     `param:"port" doc:"The port to watch."`
	States         []string `param:"active_connection_states" default:"ESTABLISHED,FIN_WAIT1,FIN_WAIT2,SYN_RECV,SYN_SENT,TIME_WAIT" doc:"The states in which a connection counts for state=drained."`
	Path           *string  `param:"path" type:"path" doc:"The file to watch."`
	SearchRegex    *string  `param:"search_regex" doc:"What must be found in the file, or come from the port."`
	State          string   `param:"state" choices:"absent,drained,present,started,stopped" default:"started" doc:"What to wait for."`
	ExcludeHosts   []string `param:"exclude_hosts" doc:"Hosts whose connections do not count for state=drained."`
	Sleep          int      `param:"sleep" default:"1" doc:"Seconds between two looks."`
	Msg            *string  `param:"msg" doc:"The message of a failure, instead of the usual one."`
}

// WaitFor is the module wait_for.
func WaitFor() modules.Module {
	return modules.Action[waitForParams, modules.Result]{
		Info: modules.Info{
			Name:    "wait_for",
			Summary: "Waits for a port, a file or a text in either.",
			Undo:    modules.UndoFull,
			NoCheck: true,
			Examples: `- name: Wait until the server listens
  wait_for:
    port: 8080
    timeout: 60

- name: Wait for a line in a log
  wait_for:
    path: /var/log/app.log
    search_regex: ready
`,
		},
		Validate: validateWait,
		Run: func(ctx context.Context, s sys.System, p waitForParams) (modules.Result, bool, error) {
			res, err := waitFor(ctx, s, p)
			return res, false, err
		},
	}.Module()
}

func validateWait(p *waitForParams) error {
	wrong := func(text string) error { return modules.Fail(modules.Result{"elapsed": 0}, "%s", text) }
	switch {
	case p.Port != nil && *p.Port != 0 && p.Path != nil:
		return wrong("port and path parameter can not both be passed to wait_for")
	case p.Path != nil && p.State == "stopped":
		return wrong("state=stopped should only be used for checking a port in the wait_for module")
	case p.Path != nil && p.State == "drained":
		return wrong("state=drained should only be used for checking a port in the wait_for module")
	case p.ExcludeHosts != nil && p.State != "drained":
		return wrong("exclude_hosts should only be with state=drained")
	case p.State == "drained" && p.Port == nil:
		return wrong("state=drained needs a port")
	}
	for _, s := range p.States {
		if connectionState(s) == 0 {
			return wrong(fmt.Sprintf("unknown active_connection_state (%s) defined", s))
		}
	}
	return nil
}

// waiting is one wait under way.
type waiting struct {
	waitForParams
	r          sys.Reader
	re         *pyregex.Regexp
	start, end time.Time
	groups     []any
	groupDict  map[string]any
}

func waitFor(ctx context.Context, r sys.Reader, p waitForParams) (modules.Result, error) {
	w := &waiting{waitForParams: p, r: r, start: time.Now(), groups: []any{}, groupDict: map[string]any{}}
	w.end = w.start.Add(time.Duration(p.Timeout) * time.Second)
	if p.SearchRegex != nil {
		var err error
		if w.re, err = pyregex.Compile(*p.SearchRegex, pyregex.Flags{Multiline: true}); err != nil {
			return nil, fmt.Errorf("Invalid regular expression: %w", err)
		}
	}
	if err := pause(ctx, time.Duration(p.Delay)*time.Second); err != nil {
		return nil, err
	}
	if err := w.wait(ctx); err != nil {
		return nil, err
	}
	res := modules.Result{"state": p.State, "port": optional(p.Port), "path": optional(p.Path), "search_regex": optional(p.SearchRegex),
		"match_groups": w.groups, "match_groupdict": w.groupDict, "elapsed": w.elapsed()}
	if p.Path != nil {
		addPathInfo(ctx, r, res, *p.Path)
		res["state"] = stateWord(res, p.State)
	}
	return res, nil
}

// stateWord is what the result says of a file's state: what it is where it is there, as of every file in a result.
func stateWord(res modules.Result, asked string) any {
	if s, ok := res["state"].(string); ok {
		return s
	}
	return asked
}

func optional[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func (w *waiting) elapsed() int { return int(time.Since(w.start) / time.Second) }

func (w *waiting) hasPort() bool { return w.Port != nil && *w.Port != 0 }

// wait looks again and again until what is waited for is there.
func (w *waiting) wait(ctx context.Context) error {
	var look func(context.Context) (bool, error)
	switch {
	case !w.hasPort() && w.Path == nil && w.State != "drained":
		return pause(ctx, time.Duration(w.Timeout)*time.Second)
	case w.State == "drained":
		look = w.drained
	case w.State == "absent" || w.State == "stopped":
		look = w.gone
	default:
		look = w.there
	}
	for time.Now().Before(w.end) {
		done, err := look(ctx)
		if err != nil || done {
			return err
		}
		if err := pause(ctx, time.Duration(w.Sleep)*time.Second); err != nil {
			return err
		}
	}
	if w.Msg != nil && *w.Msg != "" {
		return w.fail("%s", *w.Msg)
	}
	return w.fail("%s", w.complaint())
}

func (w *waiting) fail(format string, args ...any) error {
	return modules.Fail(modules.Result{"elapsed": w.elapsed()}, format, args...)
}

func (w *waiting) complaint() string {
	target := ""
	if w.Path != nil {
		target = *w.Path
	} else if w.Port != nil {
		target = fmt.Sprintf("%s:%d", w.Host, *w.Port)
	}
	switch {
	case w.State == "drained":
		return fmt.Sprintf("Timeout when waiting for %s to drain", target)
	case (w.State == "absent" || w.State == "stopped") && w.Path != nil:
		return fmt.Sprintf("Timeout when waiting for %s to be absent.", target)
	case w.State == "absent" || w.State == "stopped":
		return fmt.Sprintf("Timeout when waiting for %s to stop.", target)
	case w.re != nil:
		return fmt.Sprintf("Timeout when waiting for search string %s in %s", *w.SearchRegex, target)
	case w.Path != nil:
		return fmt.Sprintf("Timeout when waiting for file %s", target)
	default:
		return fmt.Sprintf("Timeout when waiting for %s", target)
	}
}

// pause waits, but not longer than the task may run.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
