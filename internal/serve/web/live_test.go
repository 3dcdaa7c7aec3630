package web

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/serve"
)

// hearer is a page that listens; what it does when it hears something happens while that is being sent.
type hearer struct {
	*httptest.ResponseRecorder
	heard func(text string)
}

func (h *hearer) Flush() {
	text := h.Body.String()
	h.Body.Reset()
	h.heard(text)
}

// TestNoChangeIsLost: a run that is over while a page is being told that it began leads to another event.
func TestNoChangeIsLost(t *testing.T) {
	s := newSite(t)
	session, _ := s.enter(t, "guest")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var run string
	events := 0
	h := &hearer{ResponseRecorder: httptest.NewRecorder()}
	h.heard = func(text string) {
		events += strings.Count(text, "event: change")
		switch {
		case strings.HasPrefix(text, "retry"):
			r, err := s.d.Ask(ctx, serve.Request{Job: "deploy", Cause: "manual"})
			if err != nil {
				t.Error(err)
				leave()
			}
			run = r.ID
		case events == 1:
			if err := s.d.Cancel(ctx, run, "ops"); err != nil {
				t.Error(err)
				leave()
			}
		case events == 2:
			leave()
		}
	}
	r := httptest.NewRequestWithContext(ctx, "GET", "/live", nil)
	r.Header.Set("Cookie", session)
	s.ServeHTTP(h, r)
	if events != 2 {
		t.Errorf("the page heard of %d changes", events)
	}
}
