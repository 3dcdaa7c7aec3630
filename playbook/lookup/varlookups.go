package lookup

import (
	"os"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyregex"
)

// termText is a term that must be text, named as in what the error says.
func termText(t any) (string, error) {
	s, ok := t.(string)
	if !ok {
		return "", errorf("Invalid setting identifier, \"%s\" is not a string, its a <class '%s'>", value.Str(t), value.TypeName(t))
	}
	return s, nil
}

func environment(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		name := ""
		if fields := strings.Fields(value.Str(t)); len(fields) > 0 {
			name = fields[0]
		}
		v, ok := os.LookupEnv(name)
		if ok {
			out = append(out, v)
			continue
		}
		if u, undefined := c.Any("default").(*value.Undefined); undefined {
			return nil, &value.UndefinedError{Undefined: &value.Undefined{
				Name: name, Hint: "The \"env\" lookup, found an undefined variable: " + name, Pos: u.Pos}}
		}
		out = append(out, c.Any("default"))
	}
	return out, nil
}

func vars(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		name, err := termText(t)
		if err != nil {
			return nil, err
		}
		v, ok, err := c.env.Var(name)
		if err == nil && ok {
			if u, undefined := v.(*value.Undefined); undefined {
				err = &value.UndefinedError{Undefined: u}
			}
		}
		switch {
		case err == nil && ok:
			out = append(out, v)
		case err != nil && !value.IsUndefined(err):
			return nil, err
		case c.Any("default") != nil:
			out = append(out, c.Any("default"))
		case err != nil:
			return nil, err
		default:
			return nil, &value.UndefinedError{Undefined: &value.Undefined{Name: name, Hint: "No variable found with this name: " + name}}
		}
	}
	return out, nil
}

func varNames(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		pattern, err := termText(t)
		if err != nil {
			return nil, err
		}
		re, err := pyregex.Compile(pattern, pyregex.Flags{})
		if err != nil {
			return nil, errorf("Unable to use \"%s\" as a search parameter: %v", pattern, err)
		}
		for _, name := range c.env.VarNames() {
			m, err := re.Search(name)
			if err != nil {
				return nil, err
			}
			if m != nil {
				out = append(out, name)
			}
		}
	}
	return out, nil
}

func config(c *call) ([]any, error) {
	missing, kind, plugin := c.Any("on_missing"), "", ""
	if c.Any("plugin_type") != nil {
		kind = c.Text("plugin_type")
	}
	if c.Any("plugin_name") != nil {
		plugin = c.Text("plugin_name")
	}
	if (kind == "") != (plugin == "") {
		return nil, errorf("Both plugin_type and plugin_name are required, cannot use one without the other")
	}
	if missing != "error" && missing != "warn" && missing != "skip" {
		return nil, errorf("Invalid value \"%s\" for configuration option \"plugin_type: lookup plugin: config setting: on_missing \", valid values are: error, skip, warn", value.Str(missing))
	}
	out := []any{}
	for _, t := range c.terms {
		name, err := termText(t)
		if err != nil {
			return nil, err
		}
		v, origin, found, err := c.env.Setting(name, kind, plugin)
		switch {
		case err != nil:
			return nil, err
		case !found && kind == "" && name != strings.ToUpper(name):
			return nil, errorf("Invalid setting \"%s\" attempted", name)
		case !found && missing == "error":
			return nil, errorf("Unable to find setting %s", name)
		case !found:
		case c.Bool("show_origin"):
			out = append(out, &value.List{Items: []any{v, origin}})
		default:
			out = append(out, v)
		}
	}
	return out, nil
}
