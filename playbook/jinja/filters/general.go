package filters

import (
	"fmt"
	"hash/crc32"
	"strings"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pycsv"
	"github.com/musterhq/muster/internal/value/pyrandom"
	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/internal/value/pyversion"
	"github.com/musterhq/muster/playbook/jinja/filters/jmespath"
)

// onceBuiltin are the filters of community.general that were Ansible's own.
func onceBuiltin() map[string]Func {
	return map[string]Func{
		"json_query": Whole("json_query(data, expr)", jsonQuery),
		"random_mac": Strict("random_mac(value, seed=None)", randomMAC),
	}
}

func generalFilters() map[string]Func {
	m := map[string]Func{
		"dict": Strict("dict_filter(sequence)", func(_ Env, a *value.Args) (any, error) { return value.ToDict(a.Any("sequence")) }),
		"dict_kv": Strict("dict_kv(value, key)", func(_ Env, a *value.Args) (any, error) {
			return value.DictOf(a.Any("key"), a.Any("value")), value.Hashable(a.Any("key"))
		}),
		"counter": Strict("counter(sequence)", counter),
		"crc32": Strict("crc32s(value)", func(_ Env, a *value.Args) (any, error) {
			return fmt.Sprintf("%x", crc32.ChecksumIEEE([]byte(a.Text("value")))), nil
		}),
		"version_sort":    Strict("version_sort(value, reverse=False)", versionSort),
		"groupby_as_dict": Strict("groupby_as_dict(sequence, attribute)", groupByAsDict),
		"lists_mergeby":   listsMergeBy,
		"from_csv":        Strict("from_csv(data, dialect='excel', fieldnames=None, delimiter=None, skipinitialspace=None, strict=None)", fromCSV),
		"to_time_unit":    Strict("to_time_unit(human_time, unit='ms', year=None, month=None)", func(_ Env, a *value.Args) (any, error) { return timeUnit(a, a.Str("unit")) }),
	}
	for name, unit := range map[string]string{
		"to_milliseconds": "ms", "to_seconds": "s", "to_minutes": "m", "to_hours": "h", "to_days": "d", "to_weeks": "w", "to_months": "mo", "to_years": "y",
	} {
		m[name] = Strict(name+"(human_time, year=None, month=None)", func(_ Env, a *value.Args) (any, error) { return timeUnit(a, unit) })
	}
	for name, join := range map[string]func(a, b []any) []any{
		"lists_union":      func(a, b []any) []any { return append(a, b...) },
		"lists_intersect":  func(a, b []any) []any { return without(a, without(a, b)) },
		"lists_difference": without,
		"lists_symmetric_difference": func(a, b []any) []any {
			return append(without(a, b), without(b, a)...)
		},
	} {
		m[name] = Strict(name+"(*lists, flatten=False)", listsFilter(join))
	}
	return m
}

func jsonQuery(_ Env, a *value.Args) (any, error) {
	query, err := jmespath.Compile(a.Text("expr"))
	if err == nil && a.Err() == nil {
		var answer any
		if answer, err = query.Search(a.Any("data")); err == nil {
			return answer, nil
		}
	}
	return nil, errorf("JMESPathError in json_query filter plugin:\n%v", err)
}

// randomMAC completes the start of a hardware address.
func randomMAC(_ Env, a *value.Args) (any, error) {
	prefix := value.Lower(a.Text("value"))
	parts := strings.Split(prefix, ":")
	if len(parts) > 5 {
		return nil, errorf("Invalid value (%s) for random_mac: 5 colon(:) separated items max", prefix)
	}
	var wrong []string
	for _, p := range parts {
		switch {
		case p == "":
			wrong = append(wrong, "empty item")
		case len(p) < 2 || strings.Trim(p[:2], "0123456789abcdef") != "":
			wrong = append(wrong, p+" not hexa byte")
		}
	}
	if len(wrong) > 0 {
		return nil, errorf("Invalid value (%s) for random_mac: %s", prefix, strings.Join(wrong, ","))
	}
	r, err := pyrandom.Seeded(a.Any("seed"))
	if err != nil {
		return nil, err
	}
	const least, most = 0x1000000000, 0xffffffffff
	n, err := r.Range(least, most+1, 1)
	if err != nil {
		return nil, err
	}
	hex := fmt.Sprintf("%x", n)
	hex = hex[:min(2*(6-len(parts)), len(hex))]
	for ; len(hex) > 1; hex = hex[2:] {
		prefix += ":" + hex[:2]
	}
	return prefix + hex, nil
}

func counter(_ Env, a *value.Args) (any, error) {
	items, ok := sequence(a.Any("sequence"))
	if s, isText := a.Any("sequence").(string); isText {
		items, ok = value.Characters(s), true
	}
	if !ok {
		return nil, errorf("Argument for community.general.counter must be a sequence (string or list). %s is %s",
			value.Str(a.Any("sequence")), pythonClass(a.Any("sequence")))
	}
	counts := value.NewDict()
	for _, item := range items {
		if err := value.Hashable(item); err != nil {
			return nil, errorf("community.general.counter needs a sequence with hashable elements (int, float or str) - %v", err)
		}
		n, _ := counts.Get(item)
		count, _ := n.(int)
		counts.Set(item, count+1)
	}
	return counts, nil
}

func versionSort(_ Env, a *value.Args) (any, error) {
	items := append([]any{}, a.Items("value")...)
	reverse := a.Bool("reverse")
	for i := 1; i < len(items); i++ {
		for j := i; j > 0; j-- {
			order, err := pyversion.Loose(value.Str(items[j-1]), value.Str(items[j]))
			if err != nil {
				return nil, err
			}
			if order <= 0 && !reverse || order >= 0 && reverse {
				break
			}
			items[j-1], items[j] = items[j], items[j-1]
		}
	}
	return list(items), nil
}

func groupByAsDict(_ Env, a *value.Args) (any, error) {
	items, ok := sequence(a.Any("sequence"))
	if !ok {
		return nil, errorf("Input is not a sequence")
	}
	out := value.NewDict()
	for i, item := range items {
		d, ok := item.(*value.Dict)
		if !ok {
			return nil, errorf("Sequence element #%d is not a mapping", i)
		}
		k, ok := d.Get(a.Any("attribute"))
		if !ok {
			return nil, errorf("Attribute not contained in element #%d of sequence", i)
		}
		if err := value.Hashable(k); err != nil {
			return nil, err
		}
		if _, taken := out.Get(k); taken {
			return nil, errorf("Multiple sequence entries have attribute value %s", value.Repr(k))
		}
		out.Set(k, d)
	}
	return out, nil
}

func listsFilter(join func(a, b []any) []any) Body {
	return func(_ Env, a *value.Args) (any, error) {
		lists := a.Rest
		if a.Bool("flatten") {
			flat, err := flattenItems(lists, 1, false)
			if err != nil {
				return nil, err
			}
			lists = flat
		}
		var out []any
		for i, l := range lists {
			items, ok := sequence(l)
			if !ok {
				return nil, errorf("all arguments must be lists, but %s is %s", value.Str(l), pythonClass(l))
			}
			items = distinct(items, items)
			if i == 0 {
				out = items
			} else {
				out = join(out, items)
				out = distinct(out, out)
			}
		}
		return list(out), nil
	}
}

// fromCSV reads rows as mappings; the first row has the names unless they are given.
func fromCSV(_ Env, a *value.Args) (any, error) {
	d := pycsv.Excel()
	d.Strict, d.SkipInitialSpace = a.Bool("strict"), a.Bool("skipinitialspace")
	switch dialect := a.Str("dialect"); dialect {
	case "excel", "unix":
	case "excel-tab":
		d.Delimiter = '\t'
	default:
		return nil, errorf("Dialect '%s' is not supported by your version of python.", dialect)
	}
	if a.Any("delimiter") != nil {
		if utf8.RuneCountInString(a.Text("delimiter")) != 1 {
			return nil, errorf("Unable to create custom dialect: \"delimiter\" must be a 1-character string")
		}
		d.Delimiter, _ = utf8.DecodeRuneInString(a.Text("delimiter"))
	}
	rows, err := pycsv.Read(strings.TrimPrefix(a.Str("data"), "\ufeff"), d)
	if err != nil {
		return nil, errorf("Unable to process file: %v", err)
	}
	var names []any
	if a.Any("fieldnames") != nil {
		names = a.Items("fieldnames")
	} else if len(rows) > 0 {
		for _, n := range rows[0] {
			names = append(names, n)
		}
		rows = rows[1:]
	}
	out := []any{}
	for _, row := range rows {
		d := value.NewDict()
		for i, n := range names {
			d.Set(n, nil)
			if i < len(row) {
				d.Set(n, row[i])
			}
		}
		if len(row) > len(names) {
			var rest []any
			for _, extra := range row[len(names):] {
				rest = append(rest, extra)
			}
			d.Set(nil, list(rest))
		}
		out = append(out, d)
	}
	return list(out), nil
}

// timeUnit converts "3d 4h" to a number of one unit.
func timeUnit(a *value.Args, unit string) (any, error) {
	text := a.Str("human_time")
	if text == "0" {
		return 0, nil
	}
	days := func(option string, usual float64) float64 {
		if f, ok := value.Float(a.Any(option)); ok {
			return f
		}
		return usual
	}
	factor := func(name string) (float64, bool) {
		switch short := shortUnit(name); short {
		case "y":
			return 86400e3 * days("year", 365), true
		case "mo":
			return 86400e3 * days("month", 30), true
		default:
			f, ok := map[string]float64{"ms": 1, "s": 1e3, "m": 60e3, "h": 3600e3, "d": 86400e3, "w": 604800e3}[short]
			return f, ok
		}
	}
	divisor, ok := factor(unit)
	if !ok {
		return nil, errorf("to_time_unit() can not convert to the following unit: %s. Available units (singular or plural): "+
			"year, month, week, day, hour, minute, second, millisecond, msecond, msec, sec, hrs, min. Available short units: ms, s, m, h, d, w, mo, y", unit)
	}
	re, err := pyregex.Compile(`(-?\d+)(\w+)`, pyregex.Flags{})
	if err != nil {
		return nil, err
	}
	total := 0.0
	for _, word := range strings.Fields(text) {
		m, err := re.Match(word)
		if err != nil || m == nil {
			return nil, errorf("to_time_unit() can not interpret following string: %s", text)
		}
		digits, _ := m.Group(1)
		name, _ := m.Group(2)
		n, _ := value.ParseFloat(digits)
		f, ok := factor(name)
		if !ok {
			return nil, errorf("to_time_unit() can not interpret following string: %s", text)
		}
		total += n * f
	}
	return roundFloat(total/divisor, 12), nil
}

func shortUnit(name string) string {
	switch strings.TrimRight(name, "s") {
	case "millisecond", "msec", "msecond":
		return "ms"
	case "sec", "second":
		return "s"
	case "hour":
		return "h"
	case "min", "minute":
		return "m"
	case "day":
		return "d"
	case "week":
		return "w"
	case "month":
		return "mo"
	case "year":
		return "y"
	}
	return name
}
