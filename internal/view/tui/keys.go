package tui

import "charm.land/bubbles/v2/key"

// keys are all keys of the view; the help is made from them.
type keys struct {
	Up, Down, PageUp, PageDown, Top, Bottom, Left, Right key.Binding

	Open, Back, Failures, Log, Filter, Group, Fold, Tab key.Binding

	Pause, StopBatch, Retry, RetryAll, RollBack key.Binding

	Interrupt, Quit, Help, Mouse, Redraw key.Binding
}

func bind(help, what string, names ...string) key.Binding {
	return key.NewBinding(key.WithKeys(names...), key.WithHelp(help, what))
}

func newKeys() keys {
	return keys{
		Up: bind("↑ k", "up", "up", "k"), Down: bind("↓ j", "down", "down", "j"),
		PageUp: bind("PgUp", "a page up", "pgup", "ctrl+b"), PageDown: bind("PgDn", "a page down", "pgdown", "ctrl+f", "space"),
		Top: bind("Home", "to the top", "home", "<"), Bottom: bind("End", "to the end", "end", ">"),
		Left: bind("←", "earlier tasks", "left"), Right: bind("→", "later tasks", "right"),
		Open: bind("Enter", "open", "enter"), Back: bind("Esc", "back", "esc", "backspace"),
		Failures: bind("f", "failures", "f"), Log: bind("l", "messages", "l"), Filter: bind("/", "filter", "/"),
		Group: bind("g", "group", "g"), Fold: bind("z", "fold", "z"), Tab: bind("Tab", "variables", "tab"),
		Pause: bind("p", "pause", "p"), StopBatch: bind("b", "last batch", "b"),
		Retry: bind("r", "retry", "r"), RetryAll: bind("R", "retry all", "R"), RollBack: bind("u", "roll back", "u"),
		Interrupt: bind("^C", "stop", "ctrl+c"), Quit: bind("q", "leave", "q"),
		Help: bind("?", "help", "?", "f1"), Mouse: bind("m", "mouse", "m"), Redraw: bind("^L", "redraw", "ctrl+l"),
	}
}

// explained is a key with what it does in a sentence.
type explained struct {
	key  key.Binding
	text string
}

// titled is a part of the help.
type titled struct {
	title string
	keys  []explained
}

// all are the keys in the order in which the help shows them.
func (k keys) all() []titled {
	return []titled{
		{"Look around", []explained{
			{k.Up, "up"}, {k.Down, "down"}, {k.PageUp, "a page up"}, {k.PageDown, "a page down"}, {k.Top, "to the top"}, {k.Bottom, "to the end"},
			{k.Left, "earlier tasks"}, {k.Right, "later tasks"},
			{k.Open, "open a host, the hosts of a row, or the result of a task"}, {k.Back, "back; on the board: drop the filter"},
			{k.Failures, "what failed"}, {k.Log, "messages of the run"}, {k.Filter, "show some hosts only: words of names, groups, failed, running …"},
			{k.Group, "group the hosts by status, by inventory group, or not at all"}, {k.Fold, "one row for hosts that are alike, or one for each"},
			{k.Tab, "in a host: its tasks, or its variables"},
		}},
		{"Steer the run", []explained{
			{k.Pause, "pause: no host starts another task; once more: go on"}, {k.StopBatch, "end the run after this batch; once more: do not"},
			{k.Retry, "the failed host at the cursor takes its task again"}, {k.RetryAll, "all failed hosts take their tasks again"},
			{k.RollBack, "end the run and roll back what it changed; after the run: roll it back"},
			{k.Interrupt, "end the run after the running tasks; twice: cancel them; three times: leave at once"},
		}},
		{"The view", []explained{
			{k.Quit, "leave the view; a run that goes on is shown as text"}, {k.Help, "this help"}, {k.Mouse, "the wheel scrolls, or is the terminal's"}, {k.Redraw, "draw the screen anew"},
		}},
	}
}
