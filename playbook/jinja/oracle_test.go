package jinja_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/evaljson"
)

// oracleCase is an expression or a template with the answer of the reference.
type oracleCase struct {
	ID     int    `json:"id"`
	Kind   string `json:"kind"`
	Src    string `json:"src"`
	Raw    bool   `json:"raw"`
	Oracle struct {
		OK   bool   `json:"ok"`
		Repr string `json:"repr"`
		Err  string `json:"err"`
		Msg  string `json:"msg"`
	} `json:"oracle"`
}

func oracleCases(t *testing.T, path string) []oracleCase {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []oracleCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

func jsonVariables(t *testing.T, path string) *value.Dict {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := value.ParseJSON(string(src))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*value.Dict)
}

// loadFrom finds included templates in a folder.
func loadFrom(dir string) func(string) (string, string, error) {
	return func(name string) (string, string, error) {
		if !filepath.IsLocal(name) {
			return "", "", fs.ErrNotExist
		}
		path := filepath.Join(dir, name)
		src, err := os.ReadFile(path)
		return string(src), path, err
	}
}

// knownDifferences reads the ids of the cases that are answered differently on purpose, each with its reason.
func knownDifferences(t *testing.T, path string) map[int]string {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known := map[int]string{}
	for _, line := range strings.Split(string(src), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var id int
		if _, err := fmt.Sscanf(line, "%d", &id); err != nil {
			t.Fatalf("%s: %q: %v", path, line, err)
		}
		known[id] = line
	}
	return known
}

// echoLookup stands for every lookup plugin, as it did when the answers were recorded.
func echoLookup(_ *jinja.Context, name string, terms []any, _ *value.Dict) (any, error) {
	return value.NewList("lookup:" + name + ":" + value.Str(terms[0])), nil
}

func TestOracle(t *testing.T) {
	dir := filepath.Join("testdata", "oracle")
	cases := oracleCases(t, filepath.Join(dir, "expressions.jsonl"))
	known := knownDifferences(t, filepath.Join(dir, "differences.txt"))
	var in, out bytes.Buffer
	for _, c := range cases {
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	r := evaljson.Runner{
		Engine: jinja.New(jinja.Options{}), Vars: jsonVariables(t, filepath.Join(dir, "variables.json")),
		Context: jinja.Context{
			Scope:  jinja.Map{"intd": value.DictOf(1, "one")},
			Load:   loadFrom(filepath.Join(dir, "templates")),
			Lookup: echoLookup,
		},
	}
	if err := r.Run(&in, &out); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(&out)
	agreed, asked := 0, 0
	for _, c := range cases {
		var a evaljson.Answer
		if err := decoder.Decode(&a); err != nil {
			t.Fatalf("case %d has no answer: %v", c.ID, err)
		}
		if c.Oracle.Err == "skip" {
			continue
		}
		asked++
		difference := compareAnswer(c, a)
		reason, isKnown := known[c.ID]
		switch {
		case difference == "":
			agreed++
			if isKnown {
				t.Errorf("case %d agrees now: take it off the list of differences (%s)", c.ID, reason)
			}
		case !isKnown:
			t.Errorf("case %d: %s %q: %s", c.ID, c.Kind, c.Src, difference)
		}
	}
	t.Logf("%d of %d cases agree", agreed, asked)
	if agreed*1000 < asked*995 {
		t.Errorf("%d of %d cases agree, fewer than 99.5%%", agreed, asked)
	}
}

func compareAnswer(c oracleCase, a evaljson.Answer) string {
	got := a.Err + ": " + a.Msg
	if a.OK {
		got = *a.Repr
	}
	switch {
	case c.Oracle.OK && (!a.OK || *a.Repr != c.Oracle.Repr):
		return fmt.Sprintf("got %s, want %s", got, c.Oracle.Repr)
	case !c.Oracle.OK && a.OK:
		return fmt.Sprintf("got %s, want the error %s", got, c.Oracle.Msg)
	case c.Oracle.Err == "undef" && a.Err != "undefined":
		return fmt.Sprintf("got %s, want something undefined: %s", got, c.Oracle.Msg)
	case c.Oracle.Err != "undef" && !c.Oracle.OK && a.Err != "error":
		return fmt.Sprintf("got %s, want an error: %s", got, c.Oracle.Msg)
	}
	return ""
}
