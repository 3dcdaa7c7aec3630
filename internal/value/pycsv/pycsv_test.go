package pycsv

import (
	"reflect"
	"testing"
)

// The expected rows are those of Python's csv.reader.
func TestRead(t *testing.T) {
	for _, c := range []struct {
		text string
		want [][]string
	}{
		{"a,b\n1,2\n", [][]string{{"a", "b"}, {"1", "2"}}},
		{"\"a \"\"q\"\" b\",c\n", [][]string{{"a \"q\" b", "c"}}},
		{"Example,\"crazy email\"@x,9\n\"\"\"The Rock\"\" J\",D\n", [][]string{{"Example", "crazy email@x", "9"}, {"\"The Rock\" J", "D"}}},
		{"a,,\n,\n\n\nx", [][]string{{"a", "", ""}, {"", ""}, {"x"}}},
		{"\"multi\nline\",y\r\nz,w\r\n", [][]string{{"multi\nline", "y"}, {"z", "w"}}},
		{"a b, c\n", [][]string{{"a b", " c"}}},
		{"\"open", [][]string{{"open"}}},
		{"x\"y,\"z\"", [][]string{{"x\"y", "z"}}},
		{"\"\"\n", [][]string{{""}}},
		{"a,\"b\" ,c\n", [][]string{{"a", "b ", "c"}}},
		{" \"a\",b\n", [][]string{{" \"a\"", "b"}}},
	} {
		got, err := Read(c.text, Excel())
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

func TestStrict(t *testing.T) {
	d := Excel()
	d.Strict = true
	for _, text := range []string{"\"a\"b,c", "\"open"} {
		if rows, err := Read(text, d); err == nil {
			t.Errorf("%q: got %q and no error", text, rows)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a,b\n\"c\"\"d\",e\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := Read(text, Excel())
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, row := range rows {
			if len(row) == 0 {
				t.Fatalf("%q gives an empty row", text)
			}
		}
	})
}
