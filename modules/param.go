package modules

// Param is one parameter of a module, read from the tags of its parameter struct:
//
//	Path string `param:"path,required" alias:"dest,name" type:"path" doc:"Absolute path to manage."`
//
// The options of param are required, secret (masked wherever it would show) and hidden (not documented: the
// executor's controller half gives it), and removed (hidden, and ignored). The type follows the Go type (string is str, int, bool, float64, []string is a
// list of str, map a dict, any raw, a struct a dict with options); the type tag names path, bytes, jsonarg or raw instead.
// A pointer stays nil when the parameter is absent. elements, default and choices complete the tags; a field may also
// be of a type with the method UnmarshalParam(any) error, which then takes the raw value.
type Param struct {
	Name     string
	Aliases  []string
	Type     string // str, path, int, float, bool, list, dict, raw, bytes, jsonarg, mode
	Elements string // type of a list's elements
	Default  any
	Choices  []string
	Required bool
	Secret   bool
	Hidden   bool
	Doc      string  // one sentence
	Options  []Param // of a dict, or of a list's dicts, with a fixed set of keys
}

// Rules are constraints between parameters, checked after decoding and before anything is read.
type Rules struct {
	Exclusive [][]string          // at most one of each group may be given
	Together  [][]string          // all or none
	OneOf     [][]string          // at least one
	If        []RequiredIf        // needed when a parameter has a value
	By        map[string][]string // needed when a parameter is given
}

// RequiredIf says that Needs (all of them, or one of them with Any) must be given when Param equals Value.
type RequiredIf struct {
	Param string
	Value any
	Needs []string
	Any   bool
}
