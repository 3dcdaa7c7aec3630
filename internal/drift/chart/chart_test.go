package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// wellFormed reads all of a document.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	for dec := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
}

func TestBar(t *testing.T) {
	out := string(Bar(100, 10, []Part{{"in <order>", "ok", 999}, {"drifted", "drift", 1}, {"failed", "bad", 0}}))
	wellFormed(t, out)
	if !strings.Contains(out, `class="c-drift" x="99.9" y="0" width="2.0"`) || strings.Contains(out, "c-bad") || strings.Contains(out, "<order>") {
		t.Errorf("got %s", out)
	}
	wellFormed(t, string(Bar(100, 10, nil)))
}

func TestColumns(t *testing.T) {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	var columns []Column
	for i := range 30 {
		columns = append(columns, Column{Time: at.Add(time.Duration(i) * time.Hour), Link: "/runs/x&y", Parts: []Part{{"drifted", "drift", i}, {"failed", "bad", 1}}})
	}
	out := string(Columns(600, 120, columns))
	wellFormed(t, out)
	if strings.Count(out, "<a ") != 30 || !strings.Contains(out, "26 Nov 12:00") || !strings.Contains(out, "27 Nov 17:00") {
		t.Errorf("got %s", out)
	}
	wellFormed(t, string(Columns(600, 120, nil)))
}

func TestTicks(t *testing.T) {
	for top, want := range map[int][]int{1: {0, 1}, 4: {0, 1, 2, 3, 4}, 7: {0, 2, 4, 6}, 30: {0, 10, 20, 30}, 2000: {0, 500, 1000, 1500, 2000}} {
		if got := ticks(top); !slices.Equal(got, want) {
			t.Errorf("%d: %v", top, got)
		}
	}
}
