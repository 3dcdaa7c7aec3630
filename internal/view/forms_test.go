package view

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
)

// TestForms holds results in the forms that settings and callbacks ask for.
func TestForms(t *testing.T) {
	yes, no := true, false
	r := object{"changed": true, "stdout": "a\n  b \n", "stdout_lines": []any{"a", "  b "}, "rc": 0, "msg": ""}
	for _, c := range []struct {
		name string
		o    TextOptions
		want string
	}{
		{"json", TextOptions{}, `{"changed": true, "msg": "", "rc": 0, "stdout": "a\n  b \n", "stdout_lines": ["a", "  b "]}`},
		{"pretty json", TextOptions{Pretty: &yes}, "{\n    \"changed\": true,\n    \"msg\": \"\",\n    \"rc\": 0,\n    \"stdout\": \"a\\n  b \\n\",\n    \"stdout_lines\": [\n        \"a\",\n        \"  b \"\n    ]\n}"},
		{"yaml", TextOptions{Form: FormYAML}, "\n    changed: true\n    msg: ''\n    rc: 0\n    stdout: |-\n        a\n          b\n    stdout_lines: <omitted>"},
		{"plain yaml", TextOptions{Form: FormYAML, Pretty: &no}, "\n    changed: true\n    msg: ''\n    rc: 0\n    stdout: \"a\\n  b \\n\"\n    stdout_lines:\n    - a\n    - '  b '"},
		{"community.general.yaml", TextOptions{Form: FormGeneralYAML}, "changed=true \n  msg: ''\n  rc: 0\n  stdout: |-\n    a\n      b\n  stdout_lines: <omitted>"},
		{"ansible.posix.debug", TextOptions{Form: FormDebug}, "{\n    \"changed\": true,\n    \"rc\": 0\n}\n\nSTDOUT:\n\na\n  b "},
	} {
		c.o.Verbosity = 1
		out, _ := shownBy(c.o, task("x"), result("x", event.Changed, r))
		_, got, _ := strings.Cut(out, "changed: [h] => ")
		if got = strings.TrimRight(got, "\n"); got != c.want {
			t.Errorf("%s: got\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}

// TestMinimal holds the lines of the program ansible.
func TestMinimal(t *testing.T) {
	for _, c := range []struct {
		name    string
		oneLine bool
		e       event.TaskResult
		want    string
	}{
		{"result", false, result("ping", event.OK, object{"changed": false, "ping": "pong"}), "h | SUCCESS => {\n    \"changed\": false,\n    \"ping\": \"pong\"\n}\n"},
		{"command", false, result("command", event.Changed, object{"rc": 0, "stdout": "out", "stderr": ""}), "h | CHANGED | rc=0 >>\nout\n"},
		{"failed command", false, result("shell", event.Failed, object{"rc": 3, "stdout": "out", "stderr": "err", "msg": "bad"}), "h | FAILED | rc=3 >>\nouterrbad\n"},
		{"failed", false, result("copy", event.Failed, object{"failed": true, "msg": "bad"}), "h | FAILED! => {\n    \"msg\": \"bad\"\n}\n"},
		{"unreachable", false, result("ping", event.Unreachable, object{"unreachable": true}), "h | UNREACHABLE! => {\n    \"unreachable\": true\n}\n"},
		{"skipped", false, result("ping", event.Skipped, object{}), "h | SKIPPED\n"},
		{"job", false, result("command", event.Changed, object{"ansible_job_id": "j"}), "h | CHANGED => {\n    \"ansible_job_id\": \"j\"\n}\n"},
		{"one line", true, result("ping", event.OK, object{"changed": false, "l": []any{1, 2}}), "h | SUCCESS => {\"changed\": false,\"l\": [1,2]}\n"},
		{"one line of a command", true, result("command", event.Changed, object{"rc": 0, "stdout": "a\nb", "stderr": "c\r"}), "h | CHANGED | rc=0 | (stdout) a\\nb (stderr) c\\r\n"},
		{"one line of a failure", true, result("command", event.Failed, object{"rc": 1}), "h | FAILED! => {\"rc\": 1}\n"},
		{"one line unreachable", true, result("ping", event.Unreachable, object{"msg": "gone"}), "h | UNREACHABLE!: gone\n"},
		{"one line of debug", true, result("debug", event.OK, object{"msg": "m", "_ansible_verbose_always": true}), "h | SUCCESS => {    \"msg\": \"m\"}\n"},
	} {
		var out bytes.Buffer
		NewMinimal(NewText(TextOptions{Out: &out, Err: &out}), c.oneLine).Handle(c.e)
		if out.String() != c.want {
			t.Errorf("%s: got %q, want %q", c.name, out.String(), c.want)
		}
	}
}

// everyEvent holds one event of each kind, with all fields set.
func everyEvent() []event.Event {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	pos := diag.Pos{File: "/p.yml", Line: 4, Col: 7}
	return []event.Event{
		event.RunStart{Version: event.Version, Run: "r", Time: now, Playbooks: []string{"p.yml"}, Check: true, Diff: true, Verbosity: 1},
		event.PlaybookStart{File: "p.yml", Plays: 1},
		event.PlayStart{ID: 1, Name: "p", Pos: pos, Hosts: []string{"h"}, Batch: 1, Of: 2, Total: 3, Tasks: 4, Check: true, Strategy: "free"},
		event.NoHosts{Play: "p", Remaining: true},
		event.TaskStart{ID: 1, Play: 1, Key: "ab", Name: "t", Action: "ping", Args: "a=1", Pos: pos, Role: "r", Handler: true, Check: true, Undo: "full", Time: now},
		event.ItemResult{Task: 1, Host: "h", Delegated: "d", Action: "ping", Status: event.OK, Ignored: true, NoLog: true, Diff: true, Item: "i", Label: "i", Args: "d", Result: object{"a": 1}},
		event.Retry{Task: 1, Host: "h", Delegated: "d", Name: "t", Attempt: 1, Left: 2, NoLog: true, Result: object{"a": 1}},
		event.AsyncPoll{Task: 1, Host: "h", Job: "j", Started: 1, Finished: 1, Ended: event.OK},
		event.TaskResult{Task: 1, Host: "h", Delegated: "d", Action: "ping", Status: event.Failed, Ignored: true, Rescued: true, NoLog: true, Diff: true, Loop: true, Args: "d", Replayed: true, Result: object{"a": 1, "_ansible_internal": 2}, Start: now, End: now.Add(time.Second)},
		event.HostStart{Task: 1, Host: "h", Time: now},
		event.HostRetry{Host: "h", Time: now},
		event.Included{Task: 1, File: "/x.yml", Hosts: []string{"h"}, Item: "i", Label: "i"},
		event.Notified{Host: "h", Handler: "x"},
		event.NoMoreHosts{Reason: "any_errors_fatal"},
		event.Message{Level: "warning", Text: "w", Host: "h"},
		event.PromptText{Text: "?"},
		event.RunEnd{Time: now, Hosts: map[string]event.Counts{"h": {OK: 1}}, Custom: object{"_run": object{"a": 1}}, Exit: 2},
	}
}

// TestEventsAreDocumented: docs/events.md names every kind of event and every field of its JSON form.
func TestEventsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "version "+event.Version) {
		t.Errorf("docs/events.md does not tell of version %s", event.Version)
	}
	var out bytes.Buffer
	j := NewJSON(&out)
	for _, e := range everyEvent() {
		v := reflect.ValueOf(e)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("the test leaves %s.%s empty", e.Kind(), v.Type().Field(i).Name)
			}
		}
		out.Reset()
		j.Handle(e)
		var fields map[string]any
		if err := json.Unmarshal(out.Bytes(), &fields); err != nil || fields["type"] != e.Kind() || !strings.HasPrefix(out.String(), `{"type":"`) {
			t.Fatalf("%s: %s: %v", e.Kind(), out.String(), err)
		}
		_, section, found := strings.Cut(string(page), "\n### "+e.Kind()+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		if !found {
			t.Errorf("docs/events.md lacks ### %s", e.Kind())
		}
		for name := range fields {
			if name != "type" && !strings.Contains(section, "`"+name+"`") {
				t.Errorf("docs/events.md: %s lacks `%s`", e.Kind(), name)
			}
		}
	}
	if strings.Contains(out.String(), "_ansible_") {
		t.Errorf("internal keys show: %s", out.String())
	}
	if err := j.Err(); err != nil {
		t.Error(err)
	}
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	j := NewJUnit(&out)
	bad := result("x", event.Failed, object{"msg": "<&\x01\"bad", "rc": 1})
	ignored := bad
	ignored.Ignored = true
	for _, e := range []event.Event{event.PlayStart{Name: "p <1>"}, task("x"), result("x", event.OK, object{}), bad, ignored,
		result("x", event.Skipped, object{"skip_reason": "no"}), result("x", event.Unreachable, object{"msg": "gone"}), event.RunEnd{}} {
		j.Handle(e)
	}
	if err := j.Err(); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if got.Tests != 5 || got.Failures != 1 || got.Errors != 1 || got.Skipped != 1 || len(got.Suites) != 1 || got.Suites[0].Name != "p <1>" {
		t.Errorf("got %+v", got)
	}
	c := got.Suites[0].Cases[1]
	if c.Name != "[h] t" || c.Class != "/p.yml:4" || c.Failure == nil || !strings.HasPrefix(c.Failure.Message, "<&") {
		t.Errorf("got %+v", c)
	}
}

// TestPosixJSON compares with the document of the callback ansible.posix.json.
func TestPosixJSON(t *testing.T) {
	var out, errs bytes.Buffer
	j := NewPosixJSON(&out, NewText(TextOptions{Out: &errs, Err: &errs}), 0, true)
	noLog := result("x", event.Skipped, object{"censored": "hidden", "skipped": true, "secret": 1})
	noLog.NoLog, noLog.Host = true, "g"
	failed := result("x", event.Failed, object{"failed": true, "msg": "m", "_ansible_x": 1})
	for _, e := range []event.Event{event.RunStart{Run: "r"}, event.PlayStart{Name: "p", Pos: diag.Pos{File: "/p.yml", Line: 1}}, task("x"), failed, noLog,
		event.Message{Level: "warning", Text: "w"}, event.RunEnd{Hosts: map[string]event.Counts{"h": {Failed: 1}}, Custom: object{"_run": object{"a": 1}, "h": object{"b": 2}}}} {
		j.Handle(e)
	}
	zero := `"0001-01-01T00:00:00.000000Z"`
	want := `{"custom_stats": {"h": {"b": 2}}, "global_custom_stats": {"a": 1}, "plays": [{"play": {"duration": {"end": ` + zero + `, "start": ` + zero + `}, "id": "r-play-1", "name": "p", "path": "/p.yml:1"}, ` +
		`"tasks": [{"hosts": {"g": {"action": "x", "censored": "hidden", "skipped": true}, "h": {"_ansible_no_log": false, "action": "x", "failed": true, "msg": "m"}}, "task": {"duration": {"end": ` + zero + `, "start": ` + zero + `}, "id": "r-task-1", "name": "t", "path": "/p.yml:4"}}]}], ` +
		`"stats": {"h": {"changed": 0, "failures": 1, "ignored": 0, "ok": 0, "rescued": 0, "skipped": 0, "unreachable": 0}}}` + "\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if errs.String() != "[WARNING]: w\n" || j.Err() != nil {
		t.Errorf("messages: %q, error %v", errs.String(), j.Err())
	}
}
