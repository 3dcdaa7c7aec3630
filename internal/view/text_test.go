package view

import (
	"bytes"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
)

type object = map[string]any

// shownBy runs events through a text view and returns what it writes.
func shownBy(o TextOptions, events ...event.Event) (out, err string) {
	var stdout, stderr bytes.Buffer
	o.Out, o.Err, o.DiffContext = &stdout, &stderr, 3
	t := NewText(o)
	for _, e := range events {
		t.Handle(e)
	}
	return stdout.String(), stderr.String()
}

// task opens task 1, called t.
func task(action string) event.TaskStart {
	return event.TaskStart{ID: 1, Name: "t", Action: action, Pos: diag.Pos{File: "/p.yml", Line: 4, Col: 7}}
}

func result(action string, status event.Status, r object) event.TaskResult {
	return event.TaskResult{Task: 1, Host: "h", Action: action, Status: status, Result: r}
}

func item(status event.Status, label string, r object) event.ItemResult {
	return event.ItemResult{Task: 1, Host: "h", Action: "command", Status: status, Label: label, Result: r}
}

// TestLines holds the lines that Ansible's default callback writes for each kind of event.
func TestLines(t *testing.T) {
	censored := object{"censored": "hidden", "changed": true, "unreachable": false, "secret": "s3cret"}
	loop := result("command", event.Changed, object{"changed": true, "results": []any{object{"changed": true}}})
	loop.Loop = true
	skippedLoop := result("command", event.Skipped, object{"skipped": true, "results": []any{object{}}})
	skippedLoop.Loop = true
	noLog := result("command", event.Failed, censored)
	noLog.NoLog = true
	noLogItem := item(event.Failed, "s3cret", censored)
	noLogItem.NoLog = true
	delegated := result("command", event.OK, object{})
	delegated.Delegated = "other(10.0.0.2)"
	ignored := result("fail", event.Failed, object{"failed": true, "msg": "no"})
	ignored.Ignored = true
	lost := delegated
	lost.Status = event.Unreachable
	for _, c := range []struct {
		name      string
		verbosity int
		e         event.Event
		want      string
	}{
		{"ok", 0, result("command", event.OK, object{"rc": 0}), "ok: [h]"},
		{"changed", 0, result("command", event.Changed, object{"rc": 0}), "changed: [h]"},
		{"with -v", 1, result("command", event.OK, object{"rc": 0, "failed": false, "_ansible_x": 1, "invocation": 1}), `ok: [h] => {"rc": 0}`},
		{"with -vvv", 3, result("command", event.OK, object{"b": 1, "a": object{}, "invocation": 1}), "task path: /p.yml:4\nok: [h] => {\n    \"a\": {},\n    \"b\": 1,\n    \"invocation\": 1\n}"},
		{"failed", 0, result("command", event.Failed, object{"failed": true, "rc": 1, "msg": "é"}), `fatal: [h]: FAILED! => {"msg": "é", "rc": 1}`},
		{"ignored", 0, ignored, "fatal: [h]: FAILED! => {\"msg\": \"no\"}\n...ignoring"},
		{"unreachable", 0, result("ping", event.Unreachable, object{"unreachable": true}), `fatal: [h]: UNREACHABLE! => {"unreachable": true}`},
		{"unreachable delegate", 0, lost, `fatal: [h -> other]: UNREACHABLE! => {}`},
		{"skipped", 0, result("command", event.Skipped, object{"skipped": true}), "skipping: [h]"},
		{"skipped with -v", 1, result("command", event.Skipped, object{"skipped": true, "_ansible_false_condition": "x"}), "skipping: [h] => {}"},
		{"delegated", 0, delegated, "ok: [h -> other(10.0.0.2)]"},
		{"debug message", 0, result("debug", event.OK, object{"msg": "m", "changed": false, "_ansible_verbose_always": true}), "ok: [h] => {\n    \"msg\": \"m\"\n}"},
		{"debug variable", 0, result("ansible.builtin.debug", event.OK, object{"v": 1, "changed": false, "_ansible_verbose_always": true}), "ok: [h] => {\n    \"v\": 1\n}"},
		{"loop", 0, loop, ""},
		{"skipped loop", 1, skippedLoop, "skipping: [h] => {}"},
		{"censored", 0, noLog, `fatal: [h]: FAILED! => {"censored": "hidden", "changed": true}`},
		{"censored item", 0, noLogItem, `failed: [h] (item=None) => {"censored": "hidden", "changed": true}`},
		{"item", 0, item(event.Changed, "[1, 2]", object{}), "changed: [h] => (item=[1, 2])"},
		{"skipped item", 0, item(event.Skipped, "x", object{}), "skipping: [h] => (item=x) "},
		{"failed item", 0, item(event.Failed, "x", object{"rc": 1}), `failed: [h] (item=x) => {"rc": 1}`},
		{"retry", 0, event.Retry{Task: 1, Host: "h", Name: "t", Left: 2}, "FAILED - RETRYING: [h]: t (2 retries left)."},
		{"retry with -vvv", 3, event.Retry{Task: 1, Host: "h", Name: "t", Left: 2, Result: object{"a": 1}}, "task path: /p.yml:4\nFAILED - RETRYING: [h]: t (2 retries left).Result was: {\n    \"a\": 1\n}"},
		{"poll", 0, event.AsyncPoll{Host: "h", Job: "j1", Started: 1}, "ASYNC POLL on h: jid=j1 started=1 finished=0"},
		{"poll ended", 0, event.AsyncPoll{Host: "h", Job: "j1", Ended: event.OK}, "ASYNC OK on h: jid=j1"},
		{"poll failed", 0, event.AsyncPoll{Host: "h", Job: "j1", Ended: event.Failed}, "ASYNC FAILED on h: jid=j1"},
		{"included", 0, event.Included{File: "/x.yml", Hosts: []string{"a", "b"}, Label: "1"}, "included: /x.yml for a, b => (item=1)"},
		{"include itself", 0, result("include_tasks", event.OK, object{}), ""},
		{"notified", 2, event.Notified{Host: "h", Handler: "x"}, "task path: /p.yml:4\nNOTIFIED HANDLER x for h"},
		{"exception", 0, result("x", event.Failed, object{"exception": "Traceback\nOops: why\n"}), "An exception occurred during task execution. To see the full traceback, use -vvv. The error was: Oops: why\nfatal: [h]: FAILED! => {}"},
	} {
		action := "command"
		if r, ok := c.e.(event.TaskResult); ok {
			action = r.Action
		}
		out, _ := shownBy(TextOptions{Verbosity: c.verbosity}, task(action), c.e)
		want := "\nTASK [t] " + strings.Repeat("*", 71) + "\n"
		if c.want != "" {
			want += c.want + "\n"
		}
		if out != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, out, want)
		}
	}
}

func TestBanners(t *testing.T) {
	long := strings.Repeat("漢", 60)
	out, _ := shownBy(TextOptions{CheckMarks: true, Verbosity: 2},
		event.RunStart{Check: true}, event.PlaybookStart{File: "/a/site.yml", Plays: 2}, event.PlayStart{Name: " p ", Check: true},
		event.TaskStart{ID: 1, Name: long, Check: true}, event.TaskStart{ID: 2, Name: "x", Handler: true, Args: " a=1"},
		event.NoMoreHosts{}, event.NoHosts{Play: "q"}, event.NoHosts{Remaining: true}, event.PlayStart{})
	want := "\nPLAYBOOK: site.yml " + stars(61) + "\n2 plays in /a/site.yml\n\nDRY RUN " + stars(72) + "\n\nPLAY [p] [CHECK MODE] " + stars(58) +
		"\n\nTASK [" + long + "] [CHECK MODE] ***\n\nRUNNING HANDLER [x a=1] " + stars(56) + "\n\nNO MORE HOSTS LEFT " + stars(61) +
		"\n\nPLAY [q] " + stars(71) + "\nskipping: no hosts matched\n\nNO MORE HOSTS LEFT " + stars(61) + "\n\nPLAY " + stars(75) + "\n"
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if wide, _ := shownBy(TextOptions{Width: 101}, event.PlayStart{Name: "p"}); wide != "\nPLAY [p] "+stars(92)+"\n" {
		t.Errorf("on a wide terminal: %q", wide)
	}
}

func stars(n int) string { return strings.Repeat("*", n) }

// TestFree: hosts that go on by themselves get the banner of their task when another was shown last.
func TestFree(t *testing.T) {
	first, second := task("ping"), task("ping")
	second.ID, second.Name = 2, "u"
	later := result("ping", event.OK, object{})
	later.Task = 2
	out, _ := shownBy(TextOptions{}, event.PlayStart{Name: "p", Strategy: "free"}, first, second,
		result("ping", event.OK, object{}), later, result("ping", event.OK, object{}))
	want := "\nPLAY [p] " + stars(71) + "\n\nTASK [t] " + stars(71) + "\nok: [h]\n\nTASK [u] " + stars(71) + "\nok: [h]\n\nTASK [t] " + stars(71) + "\nok: [h]\n"
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

// TestWarningsOnce: the same warning shows once in a run, on standard error, within the width.
func TestWarningsOnce(t *testing.T) {
	r := result("x", event.OK, object{"warnings": []any{"w"}, "deprecations": []any{object{"msg": "old", "version": "9", "collection_name": "ansible.builtin"}}, "a": 1})
	out, err := shownBy(TextOptions{Verbosity: 1}, task("x"), event.Message{Level: "warning", Text: "w"}, r, r,
		event.Message{Level: "error", Text: "bad"}, event.Message{Level: "verbose", Text: "seen"})
	want := "[WARNING]: w\n[DEPRECATION WARNING]: old. This feature will be removed from ansible-core in \nversion 9. Deprecation warnings can be disabled by setting \ndeprecation_warnings=False in ansible.cfg.\nERROR! bad\n"
	if err != want {
		t.Errorf("got\n%s\nwant\n%s", err, want)
	}
	if want := "ok: [h] => {\"a\": 1}\nok: [h] => {\"a\": 1}\nseen\n"; !strings.HasSuffix(out, want) {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if _, err := shownBy(TextOptions{NoWarnings: true}, task("x"), r); err != "" {
		t.Errorf("action_warnings = no shows %q", err)
	}
	if _, err := shownBy(TextOptions{NoDeprecated: true}, task("x"), r); err != "[WARNING]: w\n" {
		t.Errorf("deprecation_warnings = no shows %q", err)
	}
}

func TestDiffs(t *testing.T) {
	show := func(diff any) string {
		r := result("copy", event.Changed, object{"changed": true, "diff": diff})
		r.Diff = true
		out, _ := shownBy(TextOptions{}, task("copy"), r)
		out = strings.TrimPrefix(out, "\nTASK [t] "+stars(71)+"\n")
		return strings.TrimSuffix(out, "changed: [h]\n")
	}
	for _, c := range []struct {
		name string
		diff any
		want string
	}{
		{"text", object{"before": "a\nb\n", "after": "a\nc\n", "before_header": "/f", "after_header": "/g"}, "--- before: /f\n+++ after: /g\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\n"},
		{"no line break at the end", object{"before": "", "after": "x"}, "--- before\n+++ after\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n\n"},
		{"data", object{"before": object{"mode": "0644"}, "after": object{"mode": "0600"}}, "--- before\n+++ after\n@@ -1,3 +1,3 @@\n {\n-    \"mode\": \"0644\"\n+    \"mode\": \"0600\"\n }\n\n"},
		{"nothing before", object{"before": nil, "after": "x\n"}, "--- before\n+++ after\n@@ -0,0 +1 @@\n+x\n\n"},
		{"equal", object{"before": "x", "after": "x"}, ""},
		{"prepared", object{"prepared": "as it is\n"}, "as it is\n"},
		{"list", []any{object{"prepared": "one\n"}, object{"prepared": "two"}}, "one\ntwo\n"},
		{"not shown", object{"dst_binary": true, "src_larger": 104448}, "diff skipped: destination file appears to be binary\ndiff skipped: source file size is greater than 104448\n"},
	} {
		if got := show(c.diff); got != c.want {
			t.Errorf("%s: got\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
	r := result("copy", event.Changed, object{"changed": true, "diff": object{"prepared": "x"}})
	if out, _ := shownBy(TextOptions{}, task("copy"), r); strings.Contains(out, "x\n") {
		t.Errorf("a difference nobody asked for: %s", out)
	}
}

func TestHiding(t *testing.T) {
	skipped, ok, changed := result("x", event.Skipped, object{}), result("x", event.OK, object{}), result("x", event.Changed, object{"changed": true})
	banner := "\nTASK [t] " + stars(71) + "\n"
	for _, c := range []struct {
		o    TextOptions
		e    event.Event
		want string
	}{
		{TextOptions{HideSkipped: true}, skipped, ""},
		{TextOptions{HideSkipped: true}, ok, banner + "ok: [h]\n"},
		{TextOptions{HideOK: true}, ok, ""},
		{TextOptions{HideOK: true}, changed, banner + "changed: [h]\n"},
		{TextOptions{HideOK: true}, item(event.OK, "x", object{}), ""},
		{TextOptions{HideSkipped: true}, item(event.Skipped, "x", object{}), ""},
	} {
		if out, _ := shownBy(c.o, task("x"), c.e); out != c.want {
			t.Errorf("%+v: got %q, want %q", c.o, out, c.want)
		}
	}
	out, err := shownBy(TextOptions{FailedToErr: true, PathOnFail: true}, task("x"), result("x", event.Failed, object{"msg": "m"}))
	if out != banner+"task path: /p.yml:4\n" || err != "fatal: [h]: FAILED! => {\"msg\": \"m\"}\n" {
		t.Errorf("got %q and %q", out, err)
	}
}

func TestRecap(t *testing.T) {
	e := event.RunEnd{Hosts: map[string]event.Counts{"b": {OK: 1, Changed: 1}, "a": {Failed: 1}, "c": {OK: 12345}}, Custom: map[string]any{"_run": object{"x": 1}, "a": object{"y": []any{1, 2}}}}
	out, _ := shownBy(TextOptions{CustomStats: true}, e)
	want := "\nPLAY RECAP " + stars(69) + "\n" +
		"a                          : ok=0    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   \n" +
		"b                          : ok=1    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   \n" +
		"c                          : ok=12345 changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   \n\n" +
		"\nCUSTOM STATS: " + stars(66) + "\n\ta: { \"y\": [  1,  2 ]}\n\n\tRUN: { \"x\": 1}\n\n"
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

func TestColors(t *testing.T) {
	out, _ := shownBy(TextOptions{Color: true}, task("x"), result("x", event.Failed, object{"msg": "m"}),
		event.RunEnd{Hosts: map[string]event.Counts{"h": {Failed: 1}}})
	for _, want := range []string{
		"\033[0;31mfatal: [h]: FAILED! => {\"msg\": \"m\"}\033[0m\n",
		"\033[0;31mh\033[0m                          : ok=0    changed=0    unreachable=0    \033[0;31mfailed=1   \033[0m skipped=0",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q lacks %q", out, want)
		}
	}
	r := result("copy", event.Changed, object{"changed": true, "diff": object{"before": "a\n", "after": "b\n"}})
	r.Diff = true
	out, _ = shownBy(TextOptions{Color: true}, task("copy"), r)
	if want := "\033[0;36m@@ -1 +1 @@\033[0m\n\033[0;36m\033[0m\033[0;31m-a\033[0m\n\033[0;31m\033[0m\033[0;32m+b\033[0m\n\033[0;32m\033[0m\n"; !strings.Contains(out, want) {
		t.Errorf("%q lacks %q", out, want)
	}
	for name, code := range map[string]string{"bright blue": "1;34", "color12": "38;5;12", "rgb012": "38;5;24", "gray5": "38;5;237", "nosuch": "", "rgb9": ""} {
		if got := colorCode(name); got != code {
			t.Errorf("%s: got %q, want %q", name, got, code)
		}
	}
}

// TestLog: the log gets every message without colours, but for blank lines and what is for the screen only.
func TestLog(t *testing.T) {
	var log messages
	shownBy(TextOptions{Log: &log, Color: true}, event.PlayStart{Name: "p"}, task("x"), result("x", event.OK, object{}), event.RunEnd{Hosts: map[string]event.Counts{"h": {OK: 1}}})
	want := []string{"PLAY [p] " + stars(71), "TASK [t] " + stars(71), "ok: [h]", "PLAY RECAP " + stars(69),
		"h                          : ok=1    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   "}
	if strings.Join(log, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", log)
	}
}

type messages []string

func (m *messages) Write(p []byte) (int, error) {
	*m = append(*m, string(p))
	return len(p), nil
}
