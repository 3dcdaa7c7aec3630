package tui

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// model is the root of the view: it holds the panes, one on top of the other, and what lies over them.
type model struct {
	mu      *sync.Mutex // guards state
	state   *State
	actions Actions
	look    look
	keys    keys
	now     func() time.Time
	drew    func(time.Duration) // is told how long a picture took; may be nil

	width, height int
	panes         []pane
	board         *board
	filter        textinput.Model
	filtering     bool
	questions     []*question
	confirm       *confirm
	said          string
	paused        bool
	stopping      bool
	mouse         bool
	help          help.Model
}

// The messages besides those of the terminal.
type (
	refresh  struct{}            // the state changed, or a second went by
	asked    struct{ *question } // somebody asks
	withdraw struct{ *question } // the question is not asked any longer
)

func newModel(mu *sync.Mutex, state *State, actions Actions, now func() time.Time) *model {
	m := &model{mu: mu, state: state, actions: actions, look: newLook(), keys: newKeys(), now: now, width: 80, height: 24}
	m.board = &board{}
	m.panes = []pane{m.board}
	m.actions.say = func(text string) { m.said = text }
	m.filter = textinput.New()
	m.filter.Prompt = "/"
	m.help = help.New()
	m.help.ShortSeparator = "  "
	m.help.Styles.ShortKey, m.help.Styles.ShortDesc, m.help.Styles.ShortSeparator, m.help.Styles.Ellipsis = m.look.key, m.look.plain, m.look.plain, m.look.plain
	return m
}

// Init starts nothing: refreshes come from outside.
func (m *model) Init() tea.Cmd { return nil }

// Update acts on a message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case asked:
		m.questions = append(m.questions, msg.question)
	case withdraw:
		m.forget(msg.question)
	case tea.MouseClickMsg:
		m.click(msg)
	case tea.MouseWheelMsg:
		m.wheel(msg)
	case tea.KeyPressMsg:
		return m, m.press(msg)
	case tea.PasteMsg:
		for _, r := range msg.Content {
			m.press(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return m, nil
}

func (m *model) forget(q *question) {
	for i, other := range m.questions {
		if other == q {
			m.questions = append(m.questions[:i], m.questions[i+1:]...)
			return
		}
	}
}

// click chooses the row under the pointer of the board, and opens the row that is chosen already.
func (m *model) click(msg tea.MouseClickMsg) {
	b, ok := m.top().(*board)
	if !ok || msg.Button != tea.MouseLeft || len(m.questions) > 0 {
		return
	}
	c := m.scene()
	rows := b.rows(c)
	i := b.scroll.top + msg.Y - headerLines - 1
	if i < 0 || i >= len(rows) || rows[i].Heading != "" || msg.Y >= m.height-2 {
		return
	}
	if i == b.locate(rows) {
		m.panes = append(m.panes, b.open(rows[i]))
		return
	}
	b.selected = rows[i].Hosts[0].Name
}

func (m *model) wheel(msg tea.MouseWheelMsg) {
	code := tea.KeyDown
	if msg.Button == tea.MouseWheelUp {
		code = tea.KeyUp
	}
	for range 3 {
		m.top().press(m.scene(), tea.KeyPressMsg{Code: code})
	}
}

func (m *model) top() pane { return m.panes[len(m.panes)-1] }

func (m *model) scene() scene {
	now := m.now()
	if !m.state.Ended.IsZero() {
		now = m.state.Ended
	}
	return scene{s: m.state, look: m.look, keys: m.keys, now: now, actions: m.actions}
}

// press acts on a key: what lies on top gets it first.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	m.said = ""
	switch {
	case len(m.questions) > 0:
		if q := m.questions[0]; q.press(k) {
			m.forget(q)
		}
		return nil
	case m.confirm != nil:
		if k.String() == "y" {
			m.confirm.do()
		}
		m.confirm = nil
		return nil
	case m.filtering:
		m.pressFilter(k)
		return nil
	}
	if handled, cmd := m.pressView(k); handled {
		return cmd
	}
	if m.pressRun(k) {
		return nil
	}
	if next := m.top().press(m.scene(), k); next != nil {
		m.panes = append(m.panes, next)
	}
	return nil
}

// pressView acts on the keys of the view itself.
func (m *model) pressView(k tea.KeyPressMsg) (bool, tea.Cmd) {
	switch {
	case key.Matches(k, m.keys.Quit):
		return true, tea.Quit
	case key.Matches(k, m.keys.Back):
		switch {
		case len(m.panes) > 1:
			m.panes = m.panes[:len(m.panes)-1]
		case m.board.layout.Filter != "":
			m.board.layout.Filter = ""
			m.filter.Reset()
		}
	case key.Matches(k, m.keys.Help):
		m.open("help", newHelpPane)
	case key.Matches(k, m.keys.Failures):
		m.open("failures", func() pane { return &failures{} })
	case key.Matches(k, m.keys.Log):
		m.open("messages", newLogPane)
	case key.Matches(k, m.keys.Filter):
		m.panes = m.panes[:1]
		m.filtering = true
		m.filter.SetValue(m.board.layout.Filter)
		m.filter.CursorEnd()
		m.filter.Focus()
	case key.Matches(k, m.keys.Mouse):
		m.mouse = !m.mouse
		m.said = map[bool]string{true: "the wheel scrolls", false: "the mouse is the terminal's"}[m.mouse]
	case key.Matches(k, m.keys.Redraw):
		return true, tea.ClearScreen
	default:
		return false, nil
	}
	return true, nil
}

// open puts a pane on top, or closes it when it is there.
func (m *model) open(name string, make func() pane) {
	if m.top().title(m.scene()) == name {
		m.panes = m.panes[:len(m.panes)-1]
		return
	}
	m.panes = append(m.panes, make())
}

// pressFilter edits the filter; the board follows every letter.
func (m *model) pressFilter(k tea.KeyPressMsg) {
	switch k.String() {
	case "enter", "up", "down":
		m.filtering = false
	case "esc", "ctrl+c":
		m.filtering = false
		m.filter.Reset()
	default:
		m.filter, _ = m.filter.Update(k)
	}
	m.board.layout.Filter = m.filter.Value()
	m.board.selected = ""
}

// pressRun acts on the keys that steer the run.
func (m *model) pressRun(k tea.KeyPressMsg) bool {
	over := !m.state.Ended.IsZero()
	switch {
	case key.Matches(k, m.keys.Interrupt):
		m.interrupt(over)
	case key.Matches(k, m.keys.Pause):
		if m.can(m.actions.Pause != nil, over) {
			m.paused = !m.paused
			m.actions.Pause(m.paused)
		}
	case key.Matches(k, m.keys.StopBatch):
		if m.can(m.actions.StopAfterBatch != nil, over) {
			m.stopping = !m.stopping
			m.actions.StopAfterBatch(m.stopping)
		}
	case key.Matches(k, m.keys.RetryAll):
		m.actions.retry(m.scene(), m.state.Hosts)
	case key.Matches(k, m.keys.RollBack):
		if m.can(m.actions.RollBack != nil, false) {
			m.confirm = &confirm{text: map[bool]string{true: "Roll back what this run changed?", false: "Stop, and roll back what this run changed?"}[over], do: m.actions.RollBack}
		}
	default:
		return false
	}
	return true
}

// can reports whether a key has a meaning now, and says so when it has none.
func (m *model) can(possible, over bool) bool {
	switch {
	case over:
		m.said = "the run is over"
	case !possible:
		m.said = "this run cannot do that"
	default:
		return true
	}
	return false
}

func (m *model) interrupt(over bool) {
	if over || m.actions.Interrupt == nil {
		m.said = "the run is over; q leaves"
		return
	}
	m.actions.Interrupt()
}

// mode says in one word how the run is steered.
func (m *model) mode() string {
	var words []string
	if m.paused {
		words = append(words, "PAUSED")
	}
	if m.stopping {
		words = append(words, "STOPS AFTER THIS BATCH")
	}
	return strings.Join(words, ", ")
}

// View draws the screen: every line, cut to its width.
func (m *model) View() tea.View {
	m.mu.Lock()
	defer m.mu.Unlock()
	began := time.Now()
	v := tea.NewView(strings.Join(m.lines(), "\n"))
	if m.drew != nil {
		m.drew(time.Since(began))
	}
	v.AltScreen = true
	v.WindowTitle = "muster"
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

func (m *model) lines() []string {
	c := m.scene()
	foot := m.footer(c)
	lines := header(c, m.paneTitle(c), m.mode(), m.width)
	body := max(1, m.height-len(lines)-len(foot))
	lines = append(lines, m.top().view(c, m.width, body)...)
	for len(lines) < m.height-len(foot) {
		lines = append(lines, "")
	}
	lines = append(lines, foot...)
	if len(lines) > m.height {
		lines = lines[:m.height]
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(fit(line, m.width), " ")
	}
	return lines
}

func (m *model) paneTitle(c scene) string {
	var titles []string
	for _, p := range m.panes {
		titles = append(titles, p.title(c))
	}
	text := strings.Join(titles, " › ")
	if m.board.layout.Filter != "" && !m.filtering {
		text += fmt.Sprintf("  /%s", harmless(m.board.layout.Filter))
	}
	return text
}

// footer is what lies below the panes: a question, a confirmation, the filter, or the last message; and the keys.
func (m *model) footer(c scene) []string {
	switch {
	case len(m.questions) > 0:
		return append(m.questions[0].view(m.look, m.width), m.look.dim.Render(fit(" Enter answers, ^C gives up", m.width)))
	case m.confirm != nil:
		return m.confirm.view(m.look, m.width)
	case m.filtering:
		m.filter.SetWidth(max(1, m.width-4))
		return []string{" " + m.filter.View(), m.look.dim.Render(fit(" Enter keeps the filter, Esc drops it; words: names, groups, failed, running …", m.width))}
	}
	said := m.look.bold.Render(harmless(m.said))
	if m.said == "" && len(m.state.Messages) > 0 {
		last := m.state.Messages[len(m.state.Messages)-1]
		said = m.look.dim.Render(safe(last.Text))
	}
	m.help.SetWidth(m.width - 2)
	return []string{" " + said, " " + m.help.ShortHelpView(m.top().help(c))}
}
