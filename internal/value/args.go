package value

// Args are the arguments of one call, by the names of their parameters. The typed getters remember the first argument of
// a wrong type; Err returns that error.
type Args struct {
	Rest     []any // what * took
	Keywords *Dict // what ** took; nil when nothing

	sig    *Signature
	values []any
	given  []bool
	err    error
}

// Err returns what the getters found wrong.
func (a *Args) Err() error { return a.err }

func (a *Args) index(name string) int {
	for i, p := range a.sig.params {
		if p.name == name {
			return i
		}
	}
	panic("value: " + a.sig.Name + " has no parameter " + name)
}

// Any returns an argument as it is, or the parameter's default.
func (a *Args) Any(name string) any { return a.values[a.index(name)] }

// Given reports whether the caller gave the argument.
func (a *Args) Given(name string) bool { return a.given[a.index(name)] }

// Text returns an argument that must be text.
func (a *Args) Text(name string) string {
	v := a.Any(name)
	switch x := v.(type) {
	case string:
		return x
	case Template:
		return x.Src
	}
	a.fail(v, "expected str, got ")
	return ""
}

// Str returns an argument as Python's str writes it.
func (a *Args) Str(name string) string {
	v := a.Any(name)
	if u, ok := v.(*Undefined); ok {
		a.fail(u, "")
		return ""
	}
	return Str(v)
}

// Int returns an argument that must be an integer.
func (a *Args) Int(name string) int {
	v := a.Any(name)
	if i, ok := Integer(v); ok {
		return i
	}
	if v == nil {
		a.fail(v, "'NoneType' object cannot be interpreted as an integer")
		return 0
	}
	a.fail(v, "")
	return 0
}

// Bool returns the truth of an argument.
func (a *Args) Bool(name string) bool {
	v := a.Any(name)
	if u, ok := v.(*Undefined); ok {
		a.fail(u, "")
		return false
	}
	return Truth(v)
}

// Items returns what an argument that must be iterable iterates over.
func (a *Args) Items(name string) []any {
	items, err := Iterate(a.Any(name))
	if err != nil && a.err == nil {
		a.err = err
	}
	return items
}

func (a *Args) fail(v any, message string) {
	if a.err != nil {
		return
	}
	if err := Defined(v); err != nil {
		a.err = err
		return
	}
	switch message {
	case "":
		message = "'" + TypeName(v) + "' object cannot be interpreted as an integer"
	case "expected str, got ":
		message += TypeName(v)
	}
	a.err = &TypeError{message}
}
