package lookup

import (
	"encoding/csv"
	"strings"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/value"
)

func csvFile(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		key, pairs, err := keyValues(value.Str(t))
		if err != nil {
			return nil, err
		}
		if key == "" {
			return nil, errorf("Search key is required but was not found")
		}
		o, err := c.csvOptions(pairs)
		if err != nil {
			return nil, err
		}
		v, err := o.search(c, unquoted(key))
		if err != nil {
			return nil, err
		}
		if items, ok := listItems(v); ok {
			out = append(out, items...)
		} else if v != nil {
			out = append(out, v)
		}
	}
	return out, nil
}

type csvOptions struct {
	file, delimiter, encoding string
	column, keyColumn         int
	fallback                  any
}

// csvOptions are those of the call, and those that stand in the term itself.
func (c *call) csvOptions(pairs [][2]string) (csvOptions, error) {
	text := map[string]string{}
	for _, name := range []string{"file", "delimiter", "encoding", "col", "keycol"} {
		text[name] = c.Str(name)
	}
	o := csvOptions{fallback: c.Any("default")}
	for _, p := range pairs {
		if _, ok := text[p[0]]; !ok && p[0] != "default" {
			return o, errorf("%s is not a valid option", p[0])
		}
		if p[0] == "default" {
			o.fallback = p[1]
		}
		text[p[0]] = p[1]
	}
	if text["delimiter"] == "TAB" {
		text["delimiter"] = "\t"
	}
	o.file, o.delimiter, o.encoding = text["file"], text["delimiter"], text["encoding"]
	if utf8.RuneCountInString(o.delimiter) != 1 {
		return o, errorf("csvfile: \"delimiter\" must be a 1-character string")
	}
	for name, into := range map[string]*int{"col": &o.column, "keycol": &o.keyColumn} {
		v, ok := value.ParseInt(text[name], 10)
		n, small := v.(int)
		if !ok || !small || n < 0 {
			return o, errorf("csvfile: %s must be the number of a column, not %q", name, text[name])
		}
		*into = n
	}
	return o, nil
}

func (o csvOptions) search(c *call, key string) (any, error) {
	path, ok := c.find("files", o.file)
	if !ok {
		return nil, errorf("csvfile: No such file or directory: the file %s could not be found", o.file)
	}
	raw, err := c.read(path)
	if err != nil {
		return nil, errorf("csvfile: %v", err)
	}
	decoded, err := value.Decode(value.Bytes(raw), o.encoding, "strict")
	if err != nil {
		return nil, errorf("csvfile: %v", err)
	}
	r := csv.NewReader(strings.NewReader(decoded.(string)))
	r.Comma, _ = utf8.DecodeRuneInString(o.delimiter)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, errorf("csvfile: %v", err)
	}
	for _, row := range rows {
		if o.keyColumn < len(row) && row[o.keyColumn] == key {
			if o.column >= len(row) {
				return nil, errorf("csvfile: list index out of range")
			}
			return row[o.column], nil
		}
	}
	return o.fallback, nil
}
