//go:build differential

package jinja_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

var (
	rounds = flag.Int("rounds", 3000, "random cases to compare")
	seed   = flag.Uint64("seed", 1, "where the random cases begin")
	python = flag.String("python", "/usr/bin/python3", "a Python that has ansible-core 2.14")
)

// reference is the templar of the installed ansible-core.
type reference struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

func startReference(t *testing.T, variables []byte) *reference {
	t.Helper()
	cmd := exec.Command(*python, filepath.Join("testdata", "differential", "reference.py"))
	cmd.Env = append(os.Environ(), "ANSIBLE_LOCALHOST_WARNING=0", "PYTHONWARNINGS=ignore")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	r := &reference{in: in, out: bufio.NewScanner(out)}
	r.out.Buffer(nil, 16<<20)
	var compact json.RawMessage = variables
	line, err := json.Marshal(compact)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(in, "%s\n", line)
	return r
}

type referenceAnswer struct {
	OK   bool   `json:"ok"`
	Repr string `json:"repr"`
	Err  string `json:"err"`
	Msg  string `json:"msg"`
}

func (r *reference) ask(t *testing.T, kind, src string) referenceAnswer {
	t.Helper()
	line, _ := json.Marshal(map[string]string{"kind": kind, "src": src})
	fmt.Fprintf(r.in, "%s\n", line)
	if !r.out.Scan() {
		t.Fatalf("the reference ended at %s %q: %v", kind, src, r.out.Err())
	}
	var a referenceAnswer
	if err := json.Unmarshal(r.out.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func ours(e *jinja.Engine, c *jinja.Context, kind, src string) referenceAnswer {
	var v any
	var err error
	switch kind {
	case "expr":
		v, err = e.Expr(c, src, diag.Pos{})
	case "render":
		v, err = e.Render(c, value.Template{Src: src})
	case "file":
		v, err = e.File(c, "t.j2", src, jinja.FileOptions{})
	case "cond":
		if jinja.HasMarkers(src) {
			v, err = e.Condition(c, value.Template{Src: src}, diag.Pos{})
		} else {
			v, err = e.Condition(c, src, diag.Pos{})
		}
	}
	switch {
	case err == nil:
		return referenceAnswer{OK: true, Repr: value.Repr(v)}
	case jinja.IsUndefined(err):
		return referenceAnswer{Err: "undefined", Msg: err.Error()}
	}
	return referenceAnswer{Err: "error", Msg: err.Error()}
}

// trustingMap holds variables as a playbook gives them.
type trustingMap struct{ jinja.Map }

func (trustingMap) Trusted(string) bool { return true }

func marked(v any) any {
	switch x := v.(type) {
	case string:
		if jinja.HasMarkers(x) {
			return value.Template{Src: x}
		}
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			out.Items = append(out.Items, marked(item))
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, marked(item))
		}
		return out
	}
	return v
}

// tolerated is how many cases of a thousand may differ. These are known: the reference evaluates constants while it
// compiles, where a missing attribute ends differently; it formats with undefined values ('x' % nope); its views of
// mappings (items(), keys()) are lists here; and a mapping of which one entry is undefined is undefined as a whole there.
const tolerated = 10

// TestDifferential compares random expressions, templates and conditions with the installed reference.
func TestDifferential(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("testdata", "differential", "variables.json"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := value.ParseJSON(string(src))
	if err != nil {
		t.Fatal(err)
	}
	scope := jinja.Map{}
	for k, v := range parsed.(*value.Dict).All() {
		scope[k.(string)] = marked(v)
	}
	var compact any
	json.Unmarshal(src, &compact)
	r := startReference(t, src)
	e := jinja.New(jinja.Options{})
	c := &jinja.Context{Scope: trustingMap{scope}}
	g := &generator{random: rand.New(rand.NewPCG(*seed, 7))}
	different := 0
	for range *rounds {
		kind, src := g.next()
		got := ours(e, c, kind, src)
		if strings.Contains(got.Msg, "there is no ") || strings.Contains(got.Msg, "No test named") {
			continue
		}
		want := r.ask(t, kind, src)
		if want.OK != got.OK || want.Repr != got.Repr || want.Err != got.Err {
			different++
			if different <= 40 {
				t.Logf("%s %q\n  reference %+v\n  ours      %+v", kind, src, want, got)
			}
		}
	}
	if different*1000 > *rounds*tolerated {
		t.Errorf("%d of %d differ", different, *rounds)
	}
}
