package watch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// meter is a Prometheus and an inventory that say what a test wants.
type meter struct {
	value float64
	none  bool
	err   error
	hosts []string
	asked int // the inventory
}

func (m *meter) watcher(above, below *float64, changes ...Change) *Prometheus {
	return &Prometheus{
		Text: "load", Above: above, Below: below, For: 2 * time.Minute, Period: 30 * time.Second, Changes: changes,
		Query: func(context.Context) (float64, bool, error) { return m.value, !m.none, m.err },
		Hosts: func(context.Context) ([]string, error) { m.asked++; return slices.Clone(m.hosts), nil },
	}
}

func at(v float64) *float64 { return &v }

// TestCrossing: a value has to be beyond the bound for the whole time, and tells of it once until it was back.
func TestCrossing(t *testing.T) {
	m := &meter{value: 10}
	l := watchOf(t, m.watcher(at(80), at(20)))
	l.after(0, "below at once", "")
	m.value = 50
	l.after(time.Minute, "in between", "")
	m.value = 90
	l.after(30*time.Second, "above", "")
	for range 3 {
		l.after(30*time.Second, "not for long enough", "")
	}
	want := "map[bound:80 query:load side:above since:2026-11-26T12:01:30Z value:90]"
	l.refused(30*time.Second, "for two minutes", want)
	l.after(30*time.Second, "still, as nobody took it", want)
	for range 10 {
		l.after(30*time.Second, "told once", "")
	}
	m.err = errors.New("down")
	l.after(30*time.Second, "Prometheus is down", "error: down")
	m.err = nil
	l.after(time.Hour, "told once, even so", "")
	m.value = 50
	l.after(30*time.Second, "back", "")
	m.value = 90
	l.after(30*time.Second, "again", "")
	m.value = 19
	for range 4 {
		l.after(30*time.Second, "on the other side", "")
	}
	l.after(30*time.Second, "the other side for two minutes", "map[bound:20 query:load side:below since:2026-11-26T13:11:00Z value:19]")
	if m.asked > 0 {
		t.Error("the inventory was asked")
	}
}

// TestUnseen: what nobody saw does not count as beyond the bound.
func TestUnseen(t *testing.T) {
	m := &meter{value: 90}
	l := watchOf(t, m.watcher(at(80), nil))
	l.after(0, "above", "")
	m.err = errors.New("down")
	for range 4 {
		l.after(30*time.Second, "down", "error: down")
	}
	m.err = nil
	l.after(30*time.Second, "above, but for how long?", "")
	m.none = true
	l.after(90*time.Second, "no result", "")
	m.none = false
	l.after(90*time.Second, "above", "")
	l.after(time.Minute, "for a minute", "")
	l.after(time.Minute, "for two", "map[bound:80 query:load side:above since:2026-11-26T12:05:30Z value:90]")
}

// TestScale: while the value is beyond the bound, hosts that come or go are events.
func TestScale(t *testing.T) {
	m := &meter{value: 50, hosts: []string{"b", "a"}}
	l := watchOf(t, m.watcher(at(80), at(20), New, Gone))
	l.after(0, "in between", "")
	m.hosts = append(m.hosts, "c")
	l.after(30*time.Second, "a host without load", "")
	m.value = 90
	for range 4 {
		l.after(30*time.Second, "not for long enough", "")
	}
	e := l.after(30*time.Second, "for two minutes", "map[bound:80 gone:[] new:[c] query:load side:above since:2026-11-26T12:01:00Z value:90]")
	if !slices.Equal(e.Hosts, []string{"c"}) {
		t.Errorf("about %v", e.Hosts)
	}
	l.after(30*time.Second, "no more hosts", "")
	m.hosts = []string{"d", "c", "b", "a"}
	l.after(30*time.Second, "one that came later", "map[bound:80 gone:[] new:[d] query:load side:above since:2026-11-26T12:01:00Z value:90]")
	m.value, m.hosts = 10, []string{"a", "b"}
	for range 4 {
		l.after(30*time.Second, "below", "")
	}
	e = l.after(30*time.Second, "below", "map[bound:20 gone:[c d] new:[] query:load side:below since:2026-11-26T12:04:30Z value:10]")
	if !slices.Equal(e.Hosts, []string{"c", "d"}) {
		t.Errorf("about %v", e.Hosts)
	}
	m.hosts = nil
	l.after(30*time.Second, "an inventory that broke", "error: the inventory has no hosts")
}

// TestOnlyNew: what went is not told, and is new when it comes again.
func TestOnlyNew(t *testing.T) {
	m := &meter{value: 90, hosts: []string{"a", "b"}}
	w := m.watcher(at(80), nil, New)
	w.For = 0
	l := watchOf(t, w)
	l.after(0, "nothing new", "")
	m.hosts = []string{"a"}
	l.after(time.Minute, "b went", "")
	m.hosts = []string{"a", "b"}
	l.after(time.Minute, "b came", "map[bound:80 gone:[] new:[b] query:load side:above since:2026-11-26T12:00:00Z value:90]")
}

// TestServer asks a Prometheus over HTTP.
func TestServer(t *testing.T) {
	var body string
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prom/api/v1/query" || r.PostFormValue("query") != `sum(rate(x{a="b"}[5m]))` || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s %v %v", r.URL, r.PostForm, r.Header)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer srv.Close()
	s := Server{URL: srv.URL + "/prom/", Client: srv.Client(), Token: func() (string, error) { return "secret", nil }}
	for _, c := range []struct {
		about, body string
		status      int
		value       float64
		ok          bool
		err         string
	}{
		{"one result", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1764158400.1,"12.5"]}]}}`, 200, 12.5, true, ""},
		{"none", `{"status":"success","data":{"resultType":"vector","result":[]}}`, 200, 0, false, ""},
		{"a scalar", `{"status":"success","data":{"resultType":"scalar","result":[1764158400,"3"]}}`, 200, 3, true, ""},
		{"several", `{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1"]},{"value":[1,"2"]}]}}`, 200, 0, false, "the query has 2 results"},
		{"a range", `{"status":"success","data":{"resultType":"matrix","result":[]}}`, 200, 0, false, "is a matrix"},
		{"a mistake", `{"status":"error","errorType":"bad_data","error":"parse error"}`, 400, 0, false, "parse error"},
		{"no Prometheus", `<html>`, 502, 0, false, "502 Bad Gateway, and no JSON"},
		{"no value", `{"status":"success","data":{"resultType":"scalar","result":[1764158400,3]}}`, 200, 0, false, "has no value"},
	} {
		body, status = c.body, c.status
		v, ok, err := s.Value(t.Context(), `sum(rate(x{a="b"}[5m]))`)
		if v != c.value || ok != c.ok || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, %v, %v", c.about, v, ok, err)
		}
	}
}
