package lookup

import (
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// numbers is what a sequence counts.
type numbers struct {
	start, stride int
	end, count    int
	hasEnd        bool
	hasCount      bool
	format        string
}

var sequenceShortcut = regexp.MustCompile(`(?i)^((0?x?[0-9a-f]+)-)?(0?x?[0-9a-f]+)(/(0?x?[0-9a-f]+))?(:(.+))?$`)

func sequence(c *call) ([]any, error) {
	out := []any{}
	terms := c.terms
	if len(terms) == 0 {
		terms = []any{""}
	}
	for _, t := range terms {
		n := numbers{start: 1, stride: 1, format: "%d"}
		for _, name := range []string{"start", "end", "count", "stride", "format"} {
			if v := c.Any(name); v != nil {
				if err := n.set(name, value.Str(v)); err != nil {
					return nil, err
				}
			}
		}
		if err := n.parse(value.Str(t)); err != nil {
			return nil, err
		}
		if err := n.check(); err != nil {
			return nil, err
		}
		var err error
		if out, err = n.appendTo(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// parse reads start-end/stride:format, or key=value pairs.
func (n *numbers) parse(term string) error {
	if m := sequenceShortcut.FindStringSubmatch(term); m != nil {
		for i, name := range map[int]string{2: "start", 3: "end", 5: "stride", 7: "format"} {
			if m[i] == "" {
				continue
			}
			if err := n.set(name, m[i]); err != nil {
				return err
			}
		}
		return nil
	}
	raw, pairs, err := keyValues(term)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := n.set(p[0], p[1]); err != nil {
			return err
		}
	}
	if raw != "" {
		return errorf("unrecognized arguments to with_sequence: ['_raw_params']")
	}
	return nil
}

func (n *numbers) set(name, text string) error {
	if name == "format" {
		n.format = text
		return nil
	}
	v, ok := value.ParseInt(text, 0)
	i, small := v.(int)
	if !ok || !small {
		return errorf("Invalid type for %s: can't parse %s=%s as integer", name, name, text)
	}
	switch name {
	case "start":
		n.start = i
	case "end":
		n.end, n.hasEnd = i, true
	case "count":
		n.count, n.hasCount = i, true
	case "stride":
		n.stride = i
	default:
		return errorf("unrecognized arguments to with_sequence: ['%s']", name)
	}
	return nil
}

func (n *numbers) check() error {
	switch {
	case !n.hasCount && !n.hasEnd:
		return errorf("must specify count or end in with_sequence")
	case n.hasCount && n.hasEnd:
		return errorf("can't specify both count and end in with_sequence")
	case n.hasCount && n.count != 0:
		n.end = n.start + n.count*n.stride - 1
	case n.hasCount:
		n.start, n.end, n.stride = 0, 0, 0
	}
	switch {
	case n.stride > 0 && n.end < n.start:
		return errorf("to count backwards make stride negative")
	case n.stride < 0 && n.end > n.start:
		return errorf("to count forward don't make stride negative")
	case strings.Count(n.format, "%") != 1:
		return errorf("bad formatting string: %s", n.format)
	}
	return nil
}

func (n *numbers) appendTo(out []any) ([]any, error) {
	if n.stride == 0 {
		return out, nil
	}
	if (n.end-n.start)/n.stride > maxItems {
		return nil, errorf("with_sequence would have more than %d items", maxItems)
	}
	for i := n.start; n.stride > 0 && i <= n.end || n.stride < 0 && i >= n.end; i += n.stride {
		s, err := value.Percent(n.format, i)
		if err != nil {
			return nil, errorf("problem formatting %d with %s", i, value.Repr(n.format))
		}
		out = append(out, s)
	}
	return out, nil
}
