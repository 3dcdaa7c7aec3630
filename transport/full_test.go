package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// answering plays a runner that answers every request: item by item with its name, from limit on with "elsewhere".
func answering(t *testing.T, name string, limit int) *scripted {
	return &scripted{play: func(w *wire.Writer, frames *wire.Reader, _ io.Writer) {
		for {
			kind, payload, err := frames.Next()
			if err != nil {
				return
			}
			if kind != wire.TypeRequest {
				continue
			}
			req, err := wire.Decode[wire.Request](payload)
			if err != nil {
				t.Error(err)
				return
			}
			for i, item := range req.Items {
				r := wire.Response{ID: req.ID, Index: i, Done: i == len(req.Items)-1, Result: map[string]any{"by": name, "n": item.Args["n"]}}
				if i == limit && (req.Module == "web" || req.Async > 0) {
					r = wire.Response{ID: req.ID, Index: i, Done: true, Kind: wire.KindElsewhere}
				}
				if err := w.Send(wire.TypeResponse, r); err != nil || r.Kind != "" {
					break
				}
			}
		}
	}}
}

func TestFullRunnerTakesOver(t *testing.T) {
	slim, err := play(t, answering(t, "slim", 1))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	var full *transport.Session
	transport.Expand(slim, func(context.Context) (*transport.Session, error) {
		opened++
		full, err = play(t, answering(t, "full", -1))
		return full, err
	})
	run := func(req wire.Request) string {
		t.Helper()
		for n := range 3 {
			req.Items = append(req.Items, wire.Item{Args: map[string]any{"n": n, "src": req.JobID}})
		}
		said := ""
		if err := slim.Do(t.Context(), &req, nil, func(r *wire.Response) { said += fmt.Sprint(r.Index, r.Result["n"], r.Result["by"], " ") }); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(said)
	}
	for _, c := range []struct {
		req  wire.Request
		want string
	}{
		{wire.Request{Module: "file"}, "0 0slim 1 1slim 2 2slim"},
		{wire.Request{Module: "web"}, "0 0slim 1 1full 2 2full"},
		{wire.Request{Module: "ansible.builtin.web"}, "0 0full 1 1full 2 2full"},
		{wire.Request{Module: "get_url"}, "0 0full 1 1full 2 2full"},
		{wire.Request{Module: "unarchive", Async: 5, JobID: "https://example.org/a.tar"}, "0 0full 1 1full 2 2full"},
		{wire.Request{Module: "file"}, "0 0slim 1 1slim 2 2slim"},
	} {
		if got := run(c.req); got != c.want {
			t.Errorf("%s: %s, want %s", c.req.Module, got, c.want)
		}
	}
	if opened != 1 {
		t.Errorf("opened %d times", opened)
	}
	_ = slim.Close()
	<-full.Done()
}

func TestFullRunnerThatIsMissing(t *testing.T) {
	slim, err := play(t, answering(t, "slim", 0))
	if err != nil {
		t.Fatal(err)
	}
	req := &wire.Request{Module: "web", Items: []wire.Item{{}}}
	var e *transport.Error
	if err := slim.Do(t.Context(), req, nil, nil); !errors.As(err, &e) || e.Kind != transport.KindRunner {
		t.Errorf("got %v", err)
	}
	refused := &transport.Error{Host: "h1", Kind: transport.KindDiskFull, What: "no space"}
	transport.Expand(slim, func(context.Context) (*transport.Session, error) { return nil, refused })
	if err := slim.Do(t.Context(), req, nil, nil); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}
