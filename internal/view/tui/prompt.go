package tui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// question is one that somebody must answer before the run goes on.
type question struct {
	text   string
	input  textinput.Model
	answer func(text string, interrupted bool)
}

func newQuestion(text string, secret bool, answer func(string, bool)) *question {
	in := textinput.New()
	in.Prompt = "> "
	in.SetVirtualCursor(true)
	if secret {
		in.EchoMode = textinput.EchoPassword
	}
	in.Focus()
	return &question{text: text, input: in, answer: answer}
}

// press edits the answer; it reports whether the question is over.
func (q *question) press(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "enter":
		q.answer(q.input.Value(), false)
		return true
	case "ctrl+c", "ctrl+d":
		q.answer("", true)
		return true
	}
	q.input, _ = q.input.Update(k)
	return false
}

// view is the question and the line for the answer.
func (q *question) view(l look, width int) []string {
	var lines []string
	for _, line := range harmlessLines(strings.TrimSpace(q.text)) {
		lines = append(lines, l.warns.Bold(true).Render(fit(" ? "+line, width)))
	}
	q.input.SetWidth(max(1, width-6))
	return append(lines, " "+q.input.View())
}

// confirm is a step that must not happen by a slip of the finger.
type confirm struct {
	text string
	do   func()
}

func (c *confirm) view(l look, width int) []string {
	return []string{l.failed.Render(fit(" "+c.text+"  y: yes, any other key: no", width))}
}
