package runner_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

func TestItemsInOrder(t *testing.T) {
	s := open(t)
	var args []map[string]any
	for i := range 300 {
		args = append(args, map[string]any{"n": i})
	}
	all, err := do(t, s, &wire.Request{Module: "echo", Items: items(args...), Check: true, Env: map[string]string{"A": "b"}}, nil)
	if err != nil || len(all) != 300 {
		t.Fatalf("%d results, %v", len(all), err)
	}
	for i, r := range all {
		if r["args"].(map[string]any)["n"] != int64(i) || r["check"] != true {
			t.Fatalf("result %d is %v", i, r)
		}
	}
}

func TestFailuresAreResults(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ module, want string }{
		{"boom", "broken on purpose"},
		{"nothing", `no module "nothing"`},
		{"huge", "cannot be sent"},
	} {
		r := one(t, s, &wire.Request{Module: c.module, Items: items(nil)})
		if msg, _ := r["msg"].(string); r["failed"] != true || !strings.Contains(msg, c.want) {
			t.Errorf("%s: %v", c.module, r)
		}
		if trace, _ := r["exception"].(string); c.module == "boom" && !strings.Contains(trace, "runner_test.go") {
			t.Errorf("no stack in %q", trace)
		}
	}
	if all, err := do(t, s, &wire.Request{Module: "echo"}, nil); err != nil || len(all) != 0 {
		t.Errorf("no items: %v, %v", all, err)
	}
}

// TestSlimRunnerSendsAway asks a slim runner for a module that it lacks: before anything runs, jobs too, it sends the
// controller to a full one, of which this one has none.
func TestSlimRunnerSendsAway(t *testing.T) {
	o := options()
	o.Slim = true
	s, err := transport.Open(t.Context(), &pipeConn{t: t, o: o, done: make(chan struct{})}, transport.Target{Name: "h1"}, nil, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, req := range []wire.Request{{Module: "nothing", Items: items(nil)}, {Module: "nothing", Items: items(nil), Async: 10, JobID: "1.2"}} {
		if _, err := do(t, s, &req, nil); err == nil || !strings.Contains(err.Error(), "the slim runner cannot do it, and there is no full one") {
			t.Errorf("async %d: %v", req.Async, err)
		}
	}
	if r := one(t, s, &wire.Request{Module: "echo", Items: items(nil)}); r["failed"] == true {
		t.Errorf("it does not go on: %v", r)
	}
}

func TestStopOnFail(t *testing.T) {
	s := open(t)
	loop := items(map[string]any{"fail": false}, map[string]any{"fail": true}, map[string]any{"fail": false})
	for stop, want := range map[bool]int{true: 2, false: 3} {
		all, err := do(t, s, &wire.Request{Module: "fail", Items: loop, StopOnFail: stop}, nil)
		if err != nil || len(all) != want {
			t.Errorf("stop %v: %d results, %v", stop, len(all), err)
		}
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	s := open(t)
	r := one(t, s, &wire.Request{Module: "run", Timeout: 1000, Items: items(map[string]any{"cmd": "sleep 36000 & wait"})})
	if want := "expected time frame (1) and was terminated"; r["failed"] != true || !strings.Contains(r["msg"].(string), want) {
		t.Errorf("timeout: %v", r)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped by a test")
	go cancel(stopped)
	results := 0
	err := s.Do(ctx, &wire.Request{Module: "wait", Items: items(nil, nil)}, nil, func(r *wire.Response) { results++ })
	if !errors.Is(err, stopped) || results != 1 {
		t.Errorf("cancel: %v, %d results", err, results)
	}
	if r := one(t, s, &wire.Request{Module: "echo", Items: items(nil)}); r["failed"] == true {
		t.Errorf("after a cancelled task: %v", r)
	}
}

func TestDeafModuleIsAnsweredFor(t *testing.T) {
	s := open(t)
	r := one(t, s, &wire.Request{Module: "deaf", Timeout: 1, Items: items(nil, nil)})
	if r["failed"] != true || !strings.Contains(r["msg"].(string), "terminated") {
		t.Errorf("%v", r)
	}
}

func TestRequestsShareTheStream(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, 1)
	go func() {
		waiting <- s.Do(ctx, &wire.Request{Module: "wait", Items: items(nil)}, nil, func(*wire.Response) {})
	}()
	for i := range 20 {
		one(t, s, &wire.Request{Module: "echo", Items: items(map[string]any{"n": i})})
	}
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCloseEndsRunningRequests(t *testing.T) {
	s := open(t)
	waiting := make(chan error, 1)
	go func() {
		waiting <- s.Do(t.Context(), &wire.Request{Module: "wait", Items: items(nil)}, nil, func(*wire.Response) {})
	}()
	_ = s.Close()
	var lost *transport.Error
	if err := <-waiting; !errors.As(err, &lost) || lost.Kind != transport.KindLost {
		t.Errorf("got %v", err)
	}
	if s.Err() != nil {
		t.Errorf("a closed session is no error: %v", s.Err())
	}
	<-s.Done()
}

// TestChangeThatBeganIsFinished: a change outlives its request's cancellation, and the connection.
func TestChangeThatBeganIsFinished(t *testing.T) {
	began, goOn, ended := make(chan bool), make(chan bool), make(chan error, 1)
	var request context.Context
	o := options()
	others := o.Lookup
	slow := modules.State[struct{}, bool]{
		Info: modules.Info{Name: "slow"},
		Read: func(ctx context.Context, _ sys.Reader, _ struct{}) (bool, error) {
			request = ctx
			return false, nil
		},
		Want: func(struct{}, bool) (bool, error) { return true, nil },
		Apply: func(ctx context.Context, _ sys.System, _ struct{}, _, _ bool) error {
			began <- true
			<-goOn
			ended <- ctx.Err()
			return nil
		},
	}.Module()
	o.Lookup = func(name string) (modules.Module, bool) {
		if name == "slow" {
			return slow, true
		}
		return others(name)
	}
	s, err := transport.Open(t.Context(), &pipeConn{t: t, o: o, done: make(chan struct{})}, transport.Target{Name: "h1"}, nil, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		answered <- s.Do(ctx, &wire.Request{Module: "slow", Items: items(nil)}, nil, func(*wire.Response) {})
	}()
	<-began
	cancelled := request // a later reading has another one
	cancel()
	_ = s.Close()
	if err := <-answered; err == nil {
		t.Error("the request ended well")
	}
	<-cancelled.Done()
	close(goOn)
	if err := <-ended; err != nil {
		t.Errorf("the change was stopped: %v", err)
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestContent(t *testing.T) {
	s := open(t)
	small, large := []byte("small content"), bytes.Repeat([]byte("0123456789abcdef"), 700<<10)
	opened := map[string]int{}
	content := func(_ context.Context, sha string) (io.ReadCloser, error) {
		opened[sha]++
		for _, d := range [][]byte{small, large} {
			if digest(d) == sha {
				return io.NopCloser(bytes.NewReader(d)), nil
			}
		}
		return nil, errors.New("gone from the controller")
	}
	named := func(d []byte) wire.Content { return wire.Content{SHA256: digest(d), Size: int64(len(d))} }
	for _, c := range []struct {
		name    string
		items   []wire.Item
		named   []wire.Content
		want    string
		opened  int
		results int
	}{
		{"small, three times", items(sha(small), sha(small), sha(small)), []wire.Content{named(small)}, "13 small content", 1, 3},
		{"large", items(sha(large)), []wire.Content{named(large)}, fmt.Sprint(len(large)) + " 0123456789abcdef", 1, 1},
		{"inline", items(sha(small)), []wire.Content{{SHA256: digest(small), Size: 13, Inline: small}}, "13 small content", 0, 1},
		{"inline, wrong", items(sha(small)), []wire.Content{{SHA256: digest(small), Size: 3, Inline: []byte("bad")}}, "another digest", 0, 1},
		{"empty", items(sha(nil)), []wire.Content{named(nil)}, "0 ", 0, 1},
		{"not named", items(sha(large)), []wire.Content{named(small)}, "does not name it", 0, 1},
		{"gone", items(sha([]byte("x"))), []wire.Content{named([]byte("x"))}, "gone from the controller", 1, 1},
		{"shorter than named", items(sha(small)), []wire.Content{{SHA256: digest(small), Size: 99}}, "changed on the controller", 1, 1},
		{"longer than named", items(sha(large)), []wire.Content{{SHA256: digest(large), Size: 99}}, "longer than", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			clear(opened)
			all, err := do(t, s, &wire.Request{Module: "read", Items: c.items, Contents: c.named}, content)
			if err != nil || len(all) != c.results {
				t.Fatalf("%d results, %v", len(all), err)
			}
			for _, r := range all {
				if got := fmt.Sprint(r["size"], " ", r["start"], r["msg"]); !strings.Contains(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
			total := 0
			for _, n := range opened {
				total += n
			}
			if total != c.opened {
				t.Errorf("opened %d times, want %d", total, c.opened)
			}
		})
	}
}

func sha(data []byte) map[string]any { return map[string]any{"sha": digest(data)} }

func contentOf(data []byte) transport.ContentFunc {
	return func(context.Context, string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}
