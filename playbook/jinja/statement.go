package jinja

// statement is one part of a template's body.
type statement interface{}

type (
	textStatement struct{ text string }

	outputStatement struct{ value *program }

	ifStatement struct {
		branches  []branch
		otherwise []statement
	}

	branch struct {
		test *program
		body []statement
	}

	forStatement struct {
		target    target
		items     *program
		test      *program // the condition after if, or nil
		body      []statement
		otherwise []statement
		recursive bool
		off       int
	}

	setStatement struct {
		target target
		value  *program
	}

	// setBlockStatement assigns what its body writes, filtered when filters is not nil.
	setBlockStatement struct {
		target  target
		filters *program
		body    []statement
	}

	withStatement struct {
		targets []target
		values  []*program
		body    []statement
	}

	scopeStatement struct{ body []statement }

	macroStatement struct{ macro *macroDefinition }

	// callStatement runs a call whose caller() is the macro made of the statement's body.
	callStatement struct {
		caller *macroDefinition
		call   *program
	}

	filterStatement struct {
		filters *program
		body    []statement
	}

	blockStatement struct {
		name     string
		scoped   bool
		required bool
		body     []statement
		off      int
	}

	extendsStatement struct {
		name *program
		off  int
	}

	includeStatement struct {
		name          *program
		ignoreMissing bool
		withContext   bool
		off           int
	}

	importStatement struct {
		name        *program
		as          string
		withContext bool
		off         int
	}

	fromStatement struct {
		name        *program
		names       []importedName
		withContext bool
		off         int
	}

	importedName struct{ name, as string }

	doStatement struct{ value *program }

	breakStatement struct{}

	continueStatement struct{}
)

// target is what an assignment binds: a name, an attribute of a namespace, or a tuple of targets.
type target struct {
	name  string
	attr  string // of the namespace called name
	items []target
	off   int
}

// macroDefinition is a macro as it was written.
type macroDefinition struct {
	name      string
	params    []string
	defaults  []*program // of the last parameters
	body      []statement
	catchRest bool // the body reads varargs
	catchKw   bool // the body reads kwargs
	caller    bool // the body reads caller
}

// Names that no template can spell, for values that statements hand to their expressions.
const (
	hiddenCaller = "<caller>"
	hiddenBody   = "<body>"
)
