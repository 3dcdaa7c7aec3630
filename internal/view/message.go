package view

import (
	"fmt"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/event"
)

// warningKeys are shown on their own, not within a result.
var warningKeys = []string{"warnings", "deprecations"}

// message writes a remark. The same warning or error is written once in a run.
func (t *Text) message(e event.Message) {
	switch e.Level {
	case "warning":
		t.once(colorWarn, Wrap("[WARNING]: "+e.Text, t.columns(), true))
	case "deprecated":
		if !t.o.NoDeprecated {
			t.once(colorDeprecate, strings.TrimSpace(Wrap("[DEPRECATION WARNING]: "+e.Text, t.columns(), false)))
		}
	case "error":
		t.once(colorError, "ERROR! "+e.Text)
	case "verbose":
		if t.o.Verbosity > 0 {
			t.line(colorVerbose, e.Text)
		}
	default:
		t.line("", inert(e.Text))
	}
}

func (t *Text) once(color, text string) {
	if t.o.Seen.First(text) {
		t.display(color, text, true)
	}
}

// Seen remembers texts that are written once only.
type Seen struct {
	mu    sync.Mutex
	texts map[string]bool
}

// First reports whether a text comes for the first time.
func (s *Seen) First(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.texts[text] {
		return false
	}
	if s.texts == nil {
		s.texts = map[string]bool{}
	}
	s.texts[text] = true
	return true
}

// warnings shows the warnings and deprecations that a module returned, a loop's with those of its items.
func (t *Text) warnings(r map[string]any, loop bool) {
	if t.o.NoWarnings {
		return
	}
	results := []map[string]any{r}
	if items, ok := r["results"].([]any); ok && loop {
		for _, item := range items {
			if m, ok := item.(map[string]any); ok {
				results = append(results, m)
			}
		}
	}
	for _, r := range results {
		for _, w := range texts(r["warnings"]) {
			t.message(event.Message{Level: "warning", Text: w})
		}
	}
	for _, r := range results {
		list, _ := r["deprecations"].([]any)
		for _, d := range list {
			if m, ok := d.(map[string]any); ok {
				t.message(event.Message{Level: "deprecated", Text: deprecation(m)})
			}
		}
	}
}

// deprecation is the sentence that a module's deprecation makes.
func deprecation(m map[string]any) string {
	text := strings.TrimSpace(fmt.Sprint(m["msg"]))
	if text != "" && !strings.ContainsAny(text[len(text)-1:], "!?.") {
		text += "."
	}
	text += " This feature will be removed"
	if from, ok := m["collection_name"].(string); ok && from != "" {
		if from == "ansible.builtin" {
			from = "ansible-core"
		}
		text += " from " + from
	}
	switch {
	case m["date"] != nil && m["date"] != "":
		text += fmt.Sprintf(" in a release after %v.", m["date"])
	case m["version"] != nil && m["version"] != "":
		text += fmt.Sprintf(" in version %v.", m["version"])
	default:
		text += " in a future release."
	}
	return text + " Deprecation warnings can be disabled by setting deprecation_warnings=False in ansible.cfg."
}

func texts(v any) []string {
	if list, ok := v.([]string); ok {
		return list
	}
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, fmt.Sprint(x))
	}
	return out
}
