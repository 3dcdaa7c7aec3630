package view

import (
	"bytes"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/event"
)

func TestInert(t *testing.T) {
	for text, want := range map[string]string{
		"plain\ttext\n":                "plain\ttext\n",
		"\x1b[31mred\x1b[0m":           `\u001b[31mred\u001b[0m`,
		"a\r\nb\rc":                    "a\r\nb" + `\u000dc`,
		"\u009b2J ü \u202e x \x07\x7f": `\u009b2J ü \u202e x \u0007\u007f`,
	} {
		if got := inert(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestHostsCannotControlTheTerminal: in no form of text does what a host wrote come out as control characters.
func TestHostsCannotControlTheTerminal(t *testing.T) {
	evil := "\x1b]0;owned\x07\x1b[2J\x1b(0"
	result := event.TaskResult{Task: 1, Host: "h", Action: "command", Status: event.Failed, Diff: true, Result: map[string]any{
		"stdout": evil, "stderr": evil, "msg": evil, "rc": 1, "warnings": []any{evil}, "diff": []any{map[string]any{"before": evil, "after": evil + "x"}, map[string]any{"prepared": evil}},
	}}
	for _, form := range []Form{FormJSON, FormYAML, FormGeneralYAML, FormDebug} {
		for _, color := range []bool{false, true} {
			for name, sink := range map[string]func(*Text) event.Sink{
				"text": func(v *Text) event.Sink { return v }, "minimal": func(v *Text) event.Sink { return NewMinimal(v, false) },
				"oneline": func(v *Text) event.Sink { return NewMinimal(v, true) },
			} {
				var out, log bytes.Buffer
				v := sink(NewText(TextOptions{Out: &out, Err: &out, Log: &log, Form: form, Color: color, DiffContext: 3, Verbosity: 3}))
				v.Handle(event.TaskStart{ID: 1, Name: "task " + evil})
				v.Handle(result)
				ok := result
				ok.Status = event.Changed
				v.Handle(ok)
				v.Handle(event.Message{Level: "warning", Text: evil})
				v.Handle(event.PromptText{Text: evil})
				v.Handle(event.RunEnd{Hosts: map[string]event.Counts{"h": {Failed: 1}}})
				for kind, text := range map[string]string{"shown": out.String(), "logged": log.String()} {
					if strings.ContainsAny(colours.ReplaceAllString(text, ""), "\x1b\x07") || kind == "logged" && strings.Contains(text, "\x1b") {
						t.Errorf("form %v, %s, %s: %q", form, name, kind, text)
					}
				}
			}
		}
	}
}
