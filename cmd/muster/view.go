package main

import (
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/view"
)

// outputs are the forms of --output.
func outputs() []string { return []string{"text", "json", "junit", "github"} }

// sink returns the view for an output form; without one, that of the setting stdout_callback.
func (w *workbench) sink(output string) (event.Sink, error) {
	switch output {
	case "":
		return w.callback(), nil
	case "text":
		return w.textView(view.FormJSON), nil
	case "json":
		return view.NewJSON(w.io.out), nil
	case "junit":
		return view.NewJUnit(w.io.out), nil
	case "github":
		return view.NewGitHub(w.textOptions(view.FormJSON)), nil
	default:
		return nil, fmt.Errorf("--output must be %s, not %q", strings.Join(outputs(), ", "), output)
	}
}

// profiled adds the table of slow tasks to a view of text, when the settings ask for it.
func (w *workbench) profiled(sink event.Sink) event.Sink {
	switch sink.(type) {
	case *view.Text, *view.GitHub:
	default:
		return sink
	}
	if !w.settings.Profile {
		return sink
	}
	return view.NewProfile(sink, w.io.out, w.width())
}

// textOf is the view that shows text within a sink; nil when there is none.
func textOf(sink event.Sink) event.Sink {
	if p, ok := sink.(*view.Profile); ok {
		sink = p.Next()
	}
	switch sink.(type) {
	case *view.Text, *view.Minimal:
		return sink
	}
	return nil
}

// width is that of the terminal; 0 when there is none.
func (w *workbench) width() int {
	if w.io.outFile == nil {
		return 0
	}
	return view.TerminalWidth(w.io.outFile)
}

// callback returns the view that stands for Ansible's stdout callback of the settings.
func (w *workbench) callback() event.Sink {
	w.warnCallbacks()
	switch name := shortCallback(w.settings.StdoutCallback); name {
	case "", "default":
		return w.textView(view.FormJSON)
	case "yaml":
		return w.textView(view.FormGeneralYAML)
	case "debug":
		return w.textView(view.FormDebug)
	case "minimal", "oneline":
		return view.NewMinimal(w.textView(view.FormJSON), name == "oneline")
	case "json":
		return view.NewPosixJSON(w.io.out, w.textView(view.FormJSON), w.jsonIndent(), w.settings.ShowCustomStats)
	case "null":
		return nullView{}
	default:
		w.warn("the stdout callback %s is a Python plugin, which muster cannot run; the default output is shown", w.settings.StdoutCallback)
		return w.textView(view.FormJSON)
	}
}

// shortCallback strips the collections whose callbacks muster has.
func shortCallback(name string) string {
	for _, collection := range []string{"ansible.builtin.", "ansible.legacy.", "ansible.posix.", "community.general."} {
		name = strings.TrimPrefix(name, collection)
	}
	return name
}

func (w *workbench) warnCallbacks() {
	var unknown []string
	for _, name := range w.settings.CallbacksEnabled {
		if shortCallback(name) == "profile_tasks" {
			w.settings.Profile = true
			continue
		}
		if shortCallback(name) == "default" {
			continue
		}
		unknown = append(unknown, name)
	}
	if len(unknown) > 0 {
		w.warn("callbacks_enabled: %s: callbacks are Python plugins, which muster cannot run", strings.Join(unknown, ", "))
	}
}

func (w *workbench) jsonIndent() int {
	if n, err := strconv.Atoi(w.io.getenv("ANSIBLE_JSON_INDENT")); err == nil {
		return max(n, 0)
	}
	return 4
}

// nullView shows nothing.
type nullView struct{}

// Handle drops an event.
func (nullView) Handle(event.Event) {}

// warn writes a warning as Ansible does.
func (w *workbench) warn(format string, args ...any) { warnTo(w.io, fmt.Sprintf(format, args...)) }

// warnTo writes a warning, broken into lines as Ansible's.
func warnTo(io *streams, text string) {
	width := 79
	if io.outFile != nil {
		width = max(width, view.TerminalWidth(io.outFile)-1)
	}
	if text = view.Wrap("[WARNING]: "+io.hide(text), width, true); io.warned.First(text) {
		fmt.Fprintln(io.err, text)
	}
}

// textView returns the view that the settings describe. A form other than JSON wins over result_format.
func (w *workbench) textView(form view.Form) *view.Text { return view.NewText(w.textOptions(form)) }

// textOptions are how the settings want text to look.
func (w *workbench) textOptions(form view.Form) view.TextOptions {
	s := w.settings
	width := w.width()
	if form == view.FormJSON && s.ResultFormat == "yaml" {
		form = view.FormYAML
	}
	return view.TextOptions{
		Out: w.io.out, Err: w.io.err, Log: w.logWriter(), Width: width, Verbosity: s.Verbosity, VerboseToErr: s.VerboseToStderr,
		Color: useColor(w, width), Colors: s.Color, HideSkipped: !s.DisplaySkippedHosts, HideOK: !s.DisplayOKHosts, HostStarts: s.ShowPerHostStart,
		FailedToErr: s.DisplayFailedStderr, CustomStats: s.ShowCustomStats, CheckMarks: s.CheckModeMarkers,
		PathOnFail: s.ShowTaskPathOnFail, NoWarnings: isOff(s, "ACTION_WARNINGS"), NoDeprecated: !s.DeprecationWarnings,
		DiffContext: s.DiffContext, DiffGroups: s.DiffGroups, Form: form, Pretty: optionalBool(s, "callback/default/pretty_results"), Seen: &w.io.warned,
	}
}

// optionalBool is a setting that may have no value.
func optionalBool(s *settings.Settings, name string) *bool {
	x, _ := s.Lookup(name)
	if b, ok := x.Value.(bool); ok {
		return &b
	}
	return nil
}

func isOff(s *settings.Settings, name string) bool {
	b := optionalBool(s, name)
	return b != nil && !*b
}

// useColor follows the settings, NO_COLOR and whether the output is a terminal.
func useColor(w *workbench, width int) bool {
	switch {
	case w.settings.ForceColor:
		return true
	case w.settings.NoColor || w.io.getenv("NO_COLOR") != "" || w.io.getenv("TERM") == "dumb":
		return false
	default:
		return width > 0
	}
}

// logWriter is the log that the settings name, nil without one; secrets do not reach it.
func (w *workbench) logWriter() io.Writer {
	if f := w.logFile(); f != nil {
		return maskedWriter{w: f, secrets: w.io.secrets}
	}
	return nil
}

// logFile opens the log that the settings name, once; nil is none.
func (w *workbench) logFile() io.Writer {
	path := w.settings.LogPath
	if path == "" {
		return nil
	}
	if w.log == nil {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			w.warn("log file at %s is not writeable and we cannot create it, aborting logging", path)
			w.settings.LogPath = ""
			return nil
		}
		w.log = &logWriter{f: f, who: userName(), name: "ansible"}
	}
	return w.log
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// logWriter writes each message as one entry: time, process, user and text.
type logWriter struct {
	f         *os.File
	who, name string
}

// Write appends an entry.
func (l *logWriter) Write(p []byte) (int, error) {
	stamp := strings.Replace(time.Now().Format("2006-01-02 15:04:05.000"), ".", ",", 1)
	if _, err := fmt.Fprintf(l.f, "%s p=%d u=%s n=%s %s| %s\n", stamp, os.Getpid(), l.who, l.name, logLevel(string(p)), p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// logLevel is how serious a message is, told by how it starts.
func logLevel(text string) string {
	for _, level := range []struct {
		name   string
		starts []string
	}{
		{"WARNING", []string{"[WARNING]", "[DEPRECATION WARNING]"}},
		{"ERROR", []string{"ERROR!", "fatal: ", "failed: "}},
	} {
		for _, start := range level.starts {
			if strings.HasPrefix(text, start) {
				return level.name
			}
		}
	}
	return "INFO"
}

// treeView writes each host's result as JSON into a file of its own, beside what the next view shows.
type treeView struct {
	next event.Sink
	dir  string
	text *view.Text
	err  error
}

// Handle writes a result and passes the event on.
func (t *treeView) Handle(e event.Event) {
	t.next.Handle(e)
	r, ok := e.(event.TaskResult)
	if !ok {
		return
	}
	name := filepath.Base(filepath.Clean("/" + r.Host))
	if err := os.WriteFile(filepath.Join(t.dir, name), []byte(t.text.Dump(r)), 0o600); err != nil && t.err == nil {
		t.err = err
	}
}
