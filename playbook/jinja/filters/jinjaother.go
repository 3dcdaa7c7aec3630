package filters

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func jinjaOther() map[string]Func {
	fallback := Lenient("do_default(value, default_value='', boolean=False)", defaultFilter)
	return map[string]Func{
		"default": fallback,
		"d":       fallback,
		"attr": Strict("do_attr(obj, name)", func(env Env, a *value.Args) (any, error) {
			if v, ok := value.GetAttr(a.Any("obj"), a.Str("name")); ok {
				return v, nil
			}
			return env.Undefined(a.Str("name"), "'"+value.TypeName(a.Any("obj"))+" object' has no attribute '"+a.Str("name")+"'"), nil
		}),
		"tojson": Whole("do_tojson(value, indent=None)", tojson),
		"pprint": Whole("do_pprint(value)", func(_ Env, a *value.Args) (any, error) { return prettyPrint(a.Any("value")), nil }),
	}
}

func defaultFilter(_ Env, a *value.Args) (any, error) {
	v := a.Any("value")
	_, missing := v.(*value.Undefined)
	if missing || a.Bool("boolean") && !value.Truth(v) {
		return a.Any("default_value"), nil
	}
	return v, nil
}

// tojson is JSON that may stand inside HTML.
func tojson(env Env, a *value.Args) (any, error) {
	o := value.JSONOptions{SortKeys: true, Default: jsonDefault(env)}
	if a.Any("indent") != nil {
		n := a.Int("indent")
		o.Indent = &n
	}
	text, err := value.JSON(a.Any("value"), o)
	return strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`).Replace(text), err
}
