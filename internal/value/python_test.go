package value

import (
	"bufio"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"
)

// recorded is one question that Python was asked, with its answer or its error.
type recorded struct {
	Kind, Op, A, B, Name, Args, Kw string
	Is, Error                      string
}

// TestPython asks what Python was asked when testdata/python.jsonl was recorded.
func TestPython(t *testing.T) {
	file, err := os.Open("testdata/python.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		got, err := r.ask(t)
		switch {
		case r.Error == "" && err != nil:
			t.Errorf("%s\n got error %v", lines.Text(), err)
		case r.Error == "" && Repr(got) != r.Is:
			t.Errorf("%s\n got %s", lines.Text(), Repr(got))
		case r.Error != "" && err == nil:
			t.Errorf("%s\n got no error but %s", lines.Text(), Repr(got))
		case r.Error != "" && !sameError(r, err.Error()):
			t.Errorf("%s\n got error %v", lines.Text(), err)
		}
	}
}

// sameError compares messages where this package promises Python's words.
func sameError(r recorded, got string) bool {
	kind, want, _ := strings.Cut(r.Error, ": ")
	switch {
	case want == got, r.Kind == "literal", r.Kind == "call", r.Kind == "slice", r.Kind == "item":
		return true
	case kind == "OverflowError", kind == "ZeroDivisionError", r.Kind == "strptime":
		return true
	}
	return false
}

func literal(t *testing.T, text string) any {
	t.Helper()
	v, err := ParseLiteral(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func (r recorded) ask(t *testing.T) (any, error) {
	switch r.Kind {
	case "op":
		a, b := literal(t, r.A), literal(t, r.B)
		switch r.Op {
		case "==":
			return Equal(a, b), nil
		case "in":
			return Contains(b, a)
		case "<", "<=":
			return Order(r.Op, a, b)
		}
		return Binary(r.Op, a, b)
	case "literal":
		return ParseLiteral(r.A)
	case "call":
		fn, ok := GetAttr(literal(t, r.A), r.Name)
		if !ok {
			return nil, &AttributeError{r.Name}
		}
		return fn.(Func)(literal(t, r.Args).(*Tuple).Items, keywords(t, r.Kw))
	case "slice":
		k := literal(t, r.B).(*Tuple).Items
		return Slice(literal(t, r.A), k[0], k[1], k[2])
	case "item":
		v, ok, err := GetItem(literal(t, r.A), literal(t, r.B))
		if err == nil && !ok {
			err = &IndexError{"index out of range"}
		}
		return v, err
	case "json":
		return JSON(literal(t, r.A), options(literal(t, r.B).(*Dict)))
	case "loads":
		return ParseJSON(r.A)
	case "strftime":
		n := [7]int{}
		for i, v := range literal(t, r.A).(*Tuple).Items {
			n[i] = v.(int)
		}
		return Naive(time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1000, time.UTC)).Strftime(r.B), nil
	default:
		return Strptime(r.A, r.B)
	}
}

func options(d *Dict) JSONOptions {
	var o JSONOptions
	for k, v := range d.All() {
		switch k {
		case "indent":
			n := v.(int)
			o.Indent = &n
		case "sort_keys":
			o.SortKeys = v.(bool)
		case "ensure_ascii":
			o.KeepUnicode = !v.(bool)
		case "separators":
			pair := v.(*Tuple).Items
			o.ItemSeparator, o.KeySeparator = pair[0].(string), pair[1].(string)
		}
	}
	return o
}

func TestBigResultsShrink(t *testing.T) {
	v, err := Binary("-", new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(5)))
	if err != nil || v != 5 {
		t.Fatalf("got %v (%T), %v", v, v, err)
	}
}

func keywords(t *testing.T, text string) *Dict {
	if text == "" {
		return nil
	}
	return literal(t, text).(*Dict)
}
