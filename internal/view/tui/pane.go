package tui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// scene is what panes draw from; it holds for one key or one frame, in which the state does not change.
type scene struct {
	s       *State
	look    look
	keys    keys
	now     time.Time
	actions Actions
}

// pane is a part of the screen with a model of its own. press returns what to open on top of it, nil for nothing.
type pane interface {
	title(c scene) string
	press(c scene, k tea.KeyPressMsg) pane
	view(c scene, width, height int) []string
	// help are the keys that the bar shows while the pane is on top.
	help(c scene) []key.Binding
}

// scroll is a cursor over a list that is longer than the screen.
type scroll struct {
	at, top int
	page    int // lines of the last frame
}

// press moves the cursor within n lines; it reports whether the key was one that moves.
func (s *scroll) press(c scene, k tea.KeyPressMsg, n int) bool {
	switch {
	case key.Matches(k, c.keys.Up):
		s.at--
	case key.Matches(k, c.keys.Down):
		s.at++
	case key.Matches(k, c.keys.PageUp):
		s.at -= max(1, s.page-1)
	case key.Matches(k, c.keys.PageDown):
		s.at += max(1, s.page-1)
	case key.Matches(k, c.keys.Top):
		s.at = 0
	case key.Matches(k, c.keys.Bottom):
		s.at = n - 1
	default:
		return false
	}
	s.at = max(0, min(s.at, n-1))
	return true
}

// window returns the lines [from, to) of n that a page of height shows, with the cursor among them.
func (s *scroll) window(n, height int) (from, to int) {
	s.page = height
	s.at = max(0, min(s.at, n-1))
	if s.at < s.top {
		s.top = s.at
	}
	if s.at >= s.top+height {
		s.top = s.at - height + 1
	}
	s.top = max(0, min(s.top, n-height))
	return s.top, min(n, s.top+height)
}
