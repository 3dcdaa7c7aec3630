package filters

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyyaml"
	"github.com/musterhq/muster/internal/yaml11"
)

func ansibleFormats() map[string]Func {
	const jsonOptions = "skipkeys=False, ensure_ascii=True, check_circular=True, allow_nan=True, separators=None, vault_to_text=True, preprocess_unsafe=False"
	const yamlOptions = "default_style=None, canonical=None, width=None, allow_unicode=True, line_break=None, encoding=None, " +
		"explicit_start=None, explicit_end=None, version=None, tags=None"
	return map[string]Func{
		"to_json":       Whole("to_json(a, *args, indent=None, sort_keys=False, "+jsonOptions+")", toJSON("")),
		"to_nice_json":  Whole("to_nice_json(a, *args, indent=4, sort_keys=True, "+jsonOptions+")", toJSON(",")),
		"from_json":     Strict("loads(s, **kwargs)", fromJSON),
		"to_yaml":       Whole("to_yaml(a, indent=None, sort_keys=True, default_flow_style=None, "+yamlOptions+")", toYAML),
		"to_nice_yaml":  Whole("to_nice_yaml(a, indent=4, sort_keys=True, default_flow_style=False, "+yamlOptions+")", toYAML),
		"from_yaml":     Strict("from_yaml(data)", fromYAML(false)),
		"from_yaml_all": Strict("from_yaml_all(data)", fromYAML(true)),
		"b64encode": Strict("b64encode(string, encoding='utf-8')", func(_ Env, a *value.Args) (any, error) {
			b, err := encoded(a.Any("string"), a.Text("encoding"))
			return base64.StdEncoding.EncodeToString(b), err
		}),
		"b64decode": Strict("b64decode(string, encoding='utf-8')", b64Decode),
	}
}

func encoded(v any, encoding string) ([]byte, error) {
	if b, ok := v.(value.Bytes); ok {
		return []byte(b), nil
	}
	b, err := value.Encode(value.Str(v), encoding, "surrogate_or_strict")
	if err != nil {
		return nil, err
	}
	return []byte(b.(value.Bytes)), nil
}

// b64Decode ignores what is no base64, as Python does.
func b64Decode(_ Env, a *value.Args) (any, error) {
	clean := strings.Map(func(r rune) rune {
		if r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=' {
			return r
		}
		return -1
	}, a.Str("string"))
	data, padding := clean, ""
	if i := strings.IndexByte(clean, '='); i >= 0 {
		data, padding = clean[:i], clean[i:]
	}
	switch {
	case len(data)%4 == 1:
		return nil, &value.ValueError{Message: "Invalid base64-encoded string: number of data characters (" +
			value.Repr(len(data)) + ") cannot be 1 more than a multiple of 4"}
	case len(data)%4 != 0 && len(data)%4+len(padding) < 4:
		return nil, &value.ValueError{Message: "Incorrect padding"}
	}
	b, err := base64.RawStdEncoding.DecodeString(data)
	if err != nil {
		return nil, err
	}
	return value.Decode(value.Bytes(b), a.Text("encoding"), "surrogateescape")
}

// jsonDefault turns what JSON has no form for into what Ansible writes.
func jsonDefault(env Env) func(any) (any, error) {
	return func(v any) (any, error) {
		switch x := v.(type) {
		case value.Vault:
			return env.Decrypt(x)
		case value.DateTime:
			fn, _ := value.GetAttr(x, "isoformat")
			return fn.(value.Func)(nil, nil)
		case value.Date:
			return value.Str(x), nil
		}
		return nil, &value.TypeError{Message: "Object of type " + value.TypeName(v) + " is not JSON serializable"}
	}
}

func toJSON(itemSeparator string) Body {
	return func(env Env, a *value.Args) (any, error) {
		if n := len(a.Rest); n > 0 {
			return nil, &value.TypeError{Message: fmt.Sprintf("dumps() takes 1 positional argument but %d were given", n+1)}
		}
		o := value.JSONOptions{
			SortKeys: a.Bool("sort_keys"), KeepUnicode: !a.Bool("ensure_ascii"), SkipKeys: a.Bool("skipkeys"),
			RefuseNaN: !a.Bool("allow_nan"), Default: jsonDefault(env), ItemSeparator: itemSeparator,
		}
		if itemSeparator != "" {
			o.KeySeparator = ": "
		}
		switch indent := a.Any("indent").(type) {
		case nil:
		case string:
			o.IndentText = indent
		default:
			n := a.Int("indent")
			o.Indent = &n
		}
		if a.Any("separators") != nil {
			pair := a.Items("separators")
			if len(pair) != 2 {
				return nil, &value.ValueError{Message: "separators must be a pair of texts"}
			}
			o.ItemSeparator, o.KeySeparator = value.Str(pair[0]), value.Str(pair[1])
		}
		if a.Err() != nil {
			return nil, a.Err()
		}
		return value.JSON(a.Any("a"), o)
	}
}

func fromJSON(_ Env, a *value.Args) (any, error) {
	switch x := a.Any("s").(type) {
	case string:
		return value.ParseJSON(x)
	case value.Bytes:
		return value.ParseJSON(string(x))
	}
	return nil, &value.TypeError{Message: "the JSON object must be str, bytes or bytearray, not " + value.TypeName(a.Any("s"))}
}

func toYAML(_ Env, a *value.Args) (any, error) {
	o := pyyaml.Defaults()
	o.SortKeys, o.Unicode = a.Bool("sort_keys"), a.Bool("allow_unicode")
	o.ExplicitStart, o.ExplicitEnd = a.Bool("explicit_start"), a.Bool("explicit_end")
	if a.Any("indent") != nil {
		o.Indent = a.Int("indent")
	}
	if width := a.Any("width"); width != nil {
		if f, ok := width.(float64); ok {
			o.Width = int(min(f, 1<<30))
		} else {
			o.Width = a.Int("width")
		}
	}
	if a.Any("default_flow_style") != nil {
		flow := a.Bool("default_flow_style")
		o.FlowStyle = &flow
	}
	if style := a.Any("default_style"); style != nil {
		s := a.Text("default_style")
		if s != "" && (len(s) != 1 || !strings.Contains(`'"|>`, s)) {
			return nil, errorf("to_yaml - the style %q is none of ' \" | >", s)
		}
		if s != "" {
			o.DefaultStyle = s[0]
		}
	}
	if a.Err() != nil {
		return nil, a.Err()
	}
	text, err := pyyaml.Dump(a.Any("a"), o)
	var undefined *value.UndefinedError
	if err != nil && !errors.As(err, &undefined) {
		return nil, errorf("to_yaml - %v", err)
	}
	return text, err
}

func fromYAML(all bool) Body {
	return func(_ Env, a *value.Args) (any, error) {
		text, ok := a.Any("data").(string)
		if !ok {
			return a.Any("data"), nil
		}
		docs, err := yaml11.Parse("<string>", []byte(text))
		if err != nil {
			return nil, err
		}
		if !all && len(docs) > 1 {
			return nil, errorf("expected a single document in the stream, but found another document")
		}
		out := []any{}
		for _, doc := range docs {
			var v any
			if doc.Root != nil {
				if v, err = yaml11.Value(doc.File, doc.Root, yaml11.Untrusted); err != nil {
					return nil, err
				}
			}
			out = append(out, v)
		}
		switch {
		case all:
			return list(out), nil
		case len(out) == 0:
			return nil, nil
		}
		return out[0], nil
	}
}
