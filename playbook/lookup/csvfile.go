package lookup

import (
	"unicode/utf8"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pycsv"
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
	column, keyColumn         string
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
	o.column, o.keyColumn = text["col"], text["keycol"]
	return o, nil
}

func columnNumber(option, text string) (int, error) {
	v, ok := value.ParseInt(text, 10)
	n, small := v.(int)
	if !ok || !small || n < 0 {
		return 0, errorf("csvfile: %s must be the number of a column, not %q", option, text)
	}
	return n, nil
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
	dialect := pycsv.Excel()
	dialect.Delimiter, _ = utf8.DecodeRuneInString(o.delimiter)
	rows, err := pycsv.Read(decoded.(string), dialect)
	if err != nil {
		return nil, errorf("csvfile: %v", err)
	}
	keyColumn, err := columnNumber("keycol", o.keyColumn)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if keyColumn >= len(row) || row[keyColumn] != key {
			continue
		}
		column, err := columnNumber("col", o.column)
		if err != nil {
			return nil, err
		}
		if column >= len(row) {
			return nil, errorf("csvfile: list index out of range")
		}
		return row[column], nil
	}
	return o.fallback, nil
}
