package databases

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
)

// typedRows reads rows as mappings of columns to values: numbers, text, or nothing for NULL; times as ISO 8601 writes them.
func typedRows(rows *sql.Rows) ([]any, error) {
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	all := []any{}
	for rows.Next() {
		values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make(map[string]any, len(columns))
		for i, c := range columns {
			row[c.Name()] = typedValue(c.DatabaseTypeName(), values[i])
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func typedValue(kind string, raw []byte) any {
	text := string(raw)
	switch {
	case raw == nil:
		return nil
	case strings.Contains(kind, "INT") || kind == "YEAR":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n
		}
	case kind == "FLOAT" || kind == "DOUBLE" || kind == "DECIMAL":
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case kind == "DATETIME" || kind == "TIMESTAMP":
		return strings.Replace(text, " ", "T", 1)
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

// fillIn puts arguments where %s or %(name)s stand, as literals; %% is one percent sign. Without arguments the statement stays
// as it is.
func fillIn(statement string, positional []any, named map[string]any) (string, error) {
	if len(positional) == 0 && len(named) == 0 {
		return statement, nil
	}
	var out strings.Builder
	used := 0
	for {
		before, after, found := strings.Cut(statement, "%")
		out.WriteString(before)
		switch {
		case !found:
			if used < len(positional) {
				return "", fmt.Errorf("%d arguments are given, %d are used", len(positional), used)
			}
			return out.String(), nil
		case strings.HasPrefix(after, "%"):
			out.WriteByte('%')
			statement = after[1:]
		case strings.HasPrefix(after, "s") && len(named) == 0:
			if used == len(positional) {
				return "", fmt.Errorf("%d arguments are given, and more are used", len(positional))
			}
			out.WriteString(quoteArgument(positional[used]))
			used++
			statement = after[1:]
		case strings.HasPrefix(after, "(") && strings.Contains(after, ")s"):
			name, rest, _ := strings.Cut(after[1:], ")s")
			value, known := named[name]
			if !known {
				return "", fmt.Errorf("named_args has no %q", name)
			}
			out.WriteString(quoteArgument(value))
			statement = rest
		default:
			return "", fmt.Errorf("%%%.1s is no placeholder: write %%s, %%(name)s, or %%%% for a percent sign", after)
		}
	}
}

// quoteArgument writes an argument as a literal; a list is one in parentheses.
func quoteArgument(v any) string {
	list, ok := v.([]any)
	if !ok {
		return quoteValue(v)
	}
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = quoteArgument(item)
	}
	return "(" + strings.Join(words, ",") + ")"
}

// quoteValue writes a plain value as a literal.
func quoteValue(v any) string {
	switch v := v.(type) {
	case int, int64, uint64, float64:
		return modules.PyStr(v)
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return "NULL"
	}
	return quoteText(modules.PyStr(v))
}
