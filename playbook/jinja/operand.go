package jinja

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// operandKind tells what an operand was written as, where statements need to know.
type operandKind int

const (
	operandPlain operandKind = iota
	operandName
	operandTuple
	operandCall
	operandConst
)

// operand is a parsed expression, already lowered.
type operand struct {
	kind  operandKind
	node  ast.Node // its value
	cond  ast.Node // its truth as a Go bool, when that is simpler than asking for the truth of node
	off   int
	name  string    // of a name
	items []operand // of a tuple
	call  *callParts
	value any // of a constant
}

// callParts keeps a call as it was written, so that {% call %} can add the caller.
type callParts struct {
	callee operand
	args   []argument
}

// argument is one argument of a call: positional, name=value, *value or **value.
type argument struct {
	name  string
	star  int // 1 for *, 2 for **
	value operand
}

// callSpec tells a function how its trailing arguments are to be understood. It is a constant of the program.
type callSpec struct {
	name string // of the filter or test
	// args describes each trailing argument; nil when all are positional.
	args []argSpec
}

type argSpec struct {
	name string
	star int
}

func boolType() reflect.Type { return reflect.TypeFor[bool]() }

func at[N ast.Node](n N, off int) N {
	n.SetLocation(file.Location{From: off, To: off})
	return n
}

// builder makes nodes and counts them.
type builder struct {
	nodes    int
	maxNodes int
	vars     int
}

// count notes one more node.
func (b *builder) count(off int) error {
	b.nodes++
	if b.nodes > b.maxNodes {
		return &syntaxError{off: off, message: "this text is too large: too many parts"}
	}
	return nil
}

func constant(v any, off int) operand {
	return operand{kind: operandConst, node: constantNode(v, off), value: v, off: off}
}

func constantNode(v any, off int) ast.Node {
	switch x := v.(type) {
	case nil:
		return at(&ast.NilNode{}, off)
	case bool:
		n := at(&ast.BoolNode{Value: x}, off)
		n.SetType(boolType())
		return n
	case int:
		return at(&ast.IntegerNode{Value: x}, off)
	case string:
		return at(&ast.StringNode{Value: x}, off)
	}
	return at(&ast.ConstantNode{Value: v}, off)
}

// function is a call of one of the engine's functions.
func function(off int, name string, args ...ast.Node) *ast.CallNode {
	return at(&ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}, off)
}

// environment is the frame in which the program runs.
func environment() ast.Node { return &ast.IdentifierNode{Value: "$env"} }

func predicate(off int, name string, args ...ast.Node) operand {
	n := function(off, name, args...)
	n.SetType(boolType())
	return operand{node: n, cond: n, off: off}
}

// truth is the operand as a Go bool.
func (o operand) truth() ast.Node {
	if o.cond != nil {
		return o.cond
	}
	n := function(o.off, fnTruth, o.node)
	n.SetType(boolType())
	return n
}

func (o operand) isBool() bool { return o.cond != nil && o.cond == o.node }
