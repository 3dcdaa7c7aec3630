package tui

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/musterhq/muster/internal/event"
)

// stage is a view without a terminal.
type stage struct {
	t    *testing.T
	m    *model
	did  []string
	quit bool
}

func newStage(t *testing.T, r *script) *stage {
	s := &stage{t: t}
	did := func(format string, args ...any) { s.did = append(s.did, fmt.Sprintf(format, args...)) }
	s.m = newModel(&sync.Mutex{}, r.s, Actions{
		Pause:          func(on bool) { did("pause %v", on) },
		StopAfterBatch: func(on bool) { did("stop after batch %v", on) },
		Retry:          func(hosts []string) { did("retry %s", strings.Join(hosts, " ")) },
		RollBack:       func() { did("roll back") },
		Interrupt:      func() { did("interrupt") },
		Variables:      func(string) []Variable { return []Variable{{"color", "blue\x1b[2J", "inventory"}} },
	}, func() time.Time { return r.now })
	return s
}

// keyOf makes the press of a key from its name.
func keyOf(name string) tea.KeyPressMsg {
	for code, n := range map[rune]string{tea.KeyEnter: "enter", tea.KeyEscape: "esc", tea.KeyDown: "down", tea.KeyUp: "up", tea.KeyTab: "tab", tea.KeyEnd: "end", tea.KeyHome: "home", tea.KeyLeft: "left", tea.KeyRight: "right", tea.KeyPgDown: "pgdown"} {
		if n == name {
			return tea.KeyPressMsg{Code: code}
		}
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: rune(name[0]), Text: name}
}

func (s *stage) press(names ...string) {
	for _, name := range names {
		if _, cmd := s.m.Update(keyOf(name)); cmd != nil {
			if _, ok := cmd().(tea.QuitMsg); ok {
				s.quit = true
			}
		}
	}
}

// screen is what the terminal shows, without colours.
func (s *stage) screen() string {
	s.t.Helper()
	lines := strings.Split(ansi.Strip(s.m.View().Content), "\n")
	if len(lines) > s.m.height {
		s.t.Errorf("%d lines on a screen of %d", len(lines), s.m.height)
	}
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
		if ansi.StringWidth(l) > s.m.width {
			s.t.Errorf("%d columns on a screen of %d: %q", ansi.StringWidth(l), s.m.width, l)
		}
	}
	return strings.Join(lines, "\n")
}

func (s *stage) shows(texts ...string) {
	s.t.Helper()
	screen := s.screen()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			s.t.Errorf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

func (s *stage) hides(texts ...string) {
	s.t.Helper()
	screen := s.screen()
	for _, text := range texts {
		if strings.Contains(screen, text) {
			s.t.Errorf("%q is on the screen:\n%s", text, screen)
		}
	}
}

func rollout() *script {
	r := newScript("web1", "web2", "web3", "db1")
	r.step("install", time.Second, "web1=ok", "web2=ok", "web3=changed", "db1=ok")
	r.step("configure", time.Second, "web1=ok", "web2=failed", "web3=ok", "db1=unreachable")
	r.step("restart", 3*time.Second, "web1=", "web3=")
	return r
}

// TestBoard looks at the first screen of a run.
func TestBoard(t *testing.T) {
	s := newStage(t, rollout())
	want := ` muster  site.yml  0:05
 play 1/1 Roll out · task 3 restart
 [??????????????????????????]  --%  time left unknown
 4 hosts  1 failed  1 unreachable  1 changed  1 ok  2 running
── hosts ───────────────────────────────────────────────────────────────────────
 4 hosts             tasks                     now, by status
failed (1)
▸web2                .F                        failed on web2
unreachable (1)
 db1                 .U                        unreachable on db1
changed (1)
 web3                +.>                       > restart 3.0s
ok (1)
 web1                ..>                       > restart 3.0s`
	if got := s.screen(); !strings.HasPrefix(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	s.shows("? help  q leave  Enter open  f failures  p pause")
}

// TestEveryKey presses every key where it means something.
func TestEveryKey(t *testing.T) {
	r := rollout()
	s := newStage(t, r)
	s.press("g")
	s.shows("web (3)  1 failed, 1 changed, 1 ok", "db (1)  1 unreachable", "by inventory group")
	s.press("g")
	s.shows("now, not grouped")
	s.hides("web (3)")
	s.press("g", "f")
	s.shows("hosts › failures", "▸F web2", "configure", " U db1")
	s.press("down", "enter")
	s.shows("db1: result", "unreachable on db1", "site.yml:9")
	s.press("esc", "r")
	s.shows("retrying db1")
	s.press("esc")
	s.hides("failures ─")
	s.press("R", "p", "b")
	s.shows("PAUSED, STOPS AFTER THIS BATCH")
	s.press("p", "b")
	s.hides("PAUSED", "STOPS")
	s.press("u")
	s.shows("Stop, and roll back what this run changed?")
	s.press("n", "u", "y", "ctrl+c")
	want := "retry db1, retry web2 db1, pause true, stop after batch true, pause false, stop after batch false, roll back, interrupt"
	if got := strings.Join(s.did, ", "); got != want {
		t.Errorf("did %s\nwant %s", got, want)
	}
	s.press("/", "d", "b")
	s.shows("/db", " 1 host ", "db1")
	s.hides("web1")
	s.press("enter")
	s.shows("hosts  /db")
	s.press("enter")
	s.shows("db1 (db, all): tasks", "▸U configure")
	s.press("up")
	s.shows("▸. install")
	s.press("tab")
	s.shows("db1 (db, all): variables", "color: blue", "inventory")
	s.press("esc", "esc")
	s.shows("web1")
	s.press("?")
	s.shows("hosts › help", "Look around")
	s.press("end")
	s.shows("unreachable")
	s.press("?")
	s.hides("Look around")
	s.press("l")
	s.shows("no messages")
	s.press("l", "m")
	s.shows("the wheel scrolls")
	if s.m.View().MouseMode != tea.MouseModeCellMotion {
		t.Error("the mouse is off")
	}
	s.press("q")
	if !s.quit {
		t.Error("q does not leave")
	}
}

// TestFold shows many equal hosts as one row, and opens it.
func TestFold(t *testing.T) {
	var hosts, first, second []string
	for i := range 2000 {
		name := fmt.Sprintf("web%04d", i)
		hosts = append(hosts, name)
		first = append(first, name+"=ok")
		second = append(second, name+"="+map[bool]string{true: "failed", false: "ok"}[i%500 == 7])
	}
	r := newScript(hosts...)
	r.step("one", time.Second, first...)
	r.step("two", time.Second, second...)
	s := newStage(t, r)
	s.shows("2000 hosts  4 failed  1996 ok", "▸4: web0007,web0507", "1996: web[0000-000")
	s.press("down", "enter")
	s.shows("1996 hosts: web[0000-0006]", "▸web0000")
	s.press("end")
	s.shows("▸web1999")
	s.press("pgdown", "home")
	s.shows("▸web0000")
	s.press("esc", "z")
	s.shows("▸web0000", " web0001")
	s.press("end", "up")
	s.shows("▸web1998")
	s.press("home")
	s.shows("failed (4)\n▸web0007")
}

// TestSelectionFollowsHost: the cursor stays on its host when that moves to another section.
func TestSelectionFollowsHost(t *testing.T) {
	r := newScript("web1", "web2", "web3")
	r.step("one", time.Second, "web1=ok", "web2=ok", "web3=ok")
	s := newStage(t, r)
	s.press("down")
	s.shows("▸web2")
	r.step("two", time.Second, "web1=ok", "web2=failed", "web3=ok")
	s.shows("failed (1)\n▸web2")
	s.press("up")
	s.shows("▸web2")
	s.press("down", "down")
	s.shows("▸web3")
}

// TestQuestions are asked one after the other, and answered or given up.
func TestQuestions(t *testing.T) {
	s := newStage(t, rollout())
	var answers []string
	note := func(text string, interrupted bool) {
		answers = append(answers, fmt.Sprintf("%s %v", text, interrupted))
	}
	s.m.Update(asked{newQuestion("[pause]\nGo on?:", false, note)})
	s.m.Update(asked{newQuestion("password: ", true, note)})
	s.shows("? [pause]", "? Go on?:", "Enter answers")
	s.press("y", "q", "enter")
	s.shows("? password:")
	s.press("s", "e", "c")
	s.hides("sec")
	s.shows("***")
	s.press("ctrl+c")
	s.hides("password")
	if got := strings.Join(answers, ", "); got != "yq false,  true" {
		t.Errorf("answers: %s", got)
	}
	if s.quit || len(s.did) > 0 {
		t.Error("an answer steered the run")
	}
}

// TestAfterTheRun keeps what can be looked at, and refuses what makes no sense any more.
func TestAfterTheRun(t *testing.T) {
	r := rollout()
	r.end(2)
	s := newStage(t, r)
	s.shows("FAILED in 5.0s, exit code 2")
	s.press("p")
	s.shows("the run is over")
	s.press("ctrl+c")
	s.shows("q leaves")
	s.press("R")
	if got := strings.Join(s.did, ", "); got != "retry web2 db1" {
		t.Errorf("did %s", got)
	}
}

// TestSizes draws every pane on screens of all sizes.
func TestSizes(t *testing.T) {
	r := rollout()
	r.s.Apply(event.Message{Level: "warning", Text: strings.Repeat("long ", 100)})
	for _, size := range [][2]int{{80, 24}, {40, 10}, {20, 7}, {10, 3}, {1, 1}, {300, 90}} {
		for _, keys := range []string{"", "f", "l", "?", "enter", "g", "u", "/"} {
			s := newStage(t, r)
			s.m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			if keys != "" {
				s.press(keys)
			}
			s.screen()
			s.press("esc")
			s.screen()
		}
	}
}

// BenchmarkView draws a board of 2,000 hosts and 40 tasks.
func BenchmarkView(b *testing.B) {
	var hosts []string
	for i := range 2000 {
		hosts = append(hosts, fmt.Sprintf("web%04d", i))
	}
	r := newScript(hosts...)
	for n := range 40 {
		var outcomes []string
		for i, h := range hosts {
			outcomes = append(outcomes, h+"="+[]string{"ok", "changed"}[(i+n)%17/16])
		}
		r.step(fmt.Sprintf("task %d", n), time.Second, outcomes...)
	}
	m := newModel(&sync.Mutex{}, r.s, Actions{}, func() time.Time { return r.now })
	b.ResetTimer()
	for b.Loop() {
		m.View()
	}
}
