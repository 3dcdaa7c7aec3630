package modules

// Param is one parameter of a module, read from the tags of its parameter struct.
type Param struct {
	Name     string
	Aliases  []string
	Type     string // str, path, int, float, bool, list, dict, raw, bytes, mode
	Elements string // type of a list's elements
	Default  any
	Choices  []string
	Required bool
	Secret   bool
	Doc      string // one sentence
}
