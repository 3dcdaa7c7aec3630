package jinja

import (
	"strconv"

	"github.com/expr-lang/expr/ast"

	"github.com/musterhq/muster/internal/value"
)

// The names of the engine's functions. Filters and tests are called "|name" and "is name". None of them is a name that
// an expression could spell, so that no variable ever hides one.
const (
	fnVariable = "$"
	fnSealed   = "$!"
	fnAttr     = "."
	fnItem     = "[]"
	fnSlice    = "[:]"
	fnCall     = "()"
	fnTruth    = "truth?"
	fnConcat   = "~"
	fnList     = "[...]"
	fnTuple    = "(...)"
	fnDict     = "{...}"
	fnIn       = "in"
	fnNotIn    = "not in"
	fnNeg      = "neg"
	fnPos      = "pos"
	fnCoalesce = "??"
	fnRange    = ".."
)

func nameOperand(name string, off int) operand {
	return operand{
		kind: operandName, name: name, off: off,
		node: function(off, fnVariable, environment(), constantNode(name, off)),
	}
}

func not(o operand, off int) operand {
	n := at(&ast.UnaryNode{Operator: "!", Node: o.truth()}, off)
	n.SetType(boolType())
	return operand{node: n, cond: n, off: off}
}

// let binds the value of o to a fresh variable of the machine within the node that use makes.
func (b *builder) let(o ast.Node, off int, use func(v func() ast.Node) ast.Node) ast.Node {
	b.vars++
	name := "v" + strconv.Itoa(b.vars)
	expr := use(func() ast.Node { return &ast.IdentifierNode{Value: name} })
	return at(&ast.VariableDeclaratorNode{Name: name, Value: o, Expr: expr}, off)
}

// logic lowers "and" and "or", which yield one of their operands.
func (b *builder) logic(op string, left, right operand, off int) operand {
	cond := at(&ast.BinaryNode{Operator: op, Left: left.truth(), Right: right.truth()}, off)
	cond.SetType(boolType())
	if left.isBool() && right.isBool() {
		return operand{node: cond, cond: cond, off: off}
	}
	node := b.let(left.node, left.off, func(v func() ast.Node) ast.Node {
		test := operand{node: v(), off: left.off}.truth()
		if op == "and" {
			return at(&ast.ConditionalNode{Cond: test, Exp1: right.node, Exp2: v()}, off)
		}
		return at(&ast.ConditionalNode{Cond: test, Exp1: v(), Exp2: right.node}, off)
	})
	return operand{node: node, cond: cond, off: off}
}

// comparison is one operator of a chain with its right side.
type comparison struct {
	op    string
	off   int
	right operand
}

// compare lowers a chain of comparisons; each operand is evaluated at most once.
func (b *builder) compare(left operand, chain []comparison) operand {
	c := chain[0]
	if len(chain) == 1 {
		return predicate(c.off, c.op, environment(), left.node, c.right.node)
	}
	var rest func(left func() ast.Node, chain []comparison) ast.Node
	rest = func(left func() ast.Node, chain []comparison) ast.Node {
		c := chain[0]
		if len(chain) == 1 {
			return predicate(c.off, c.op, environment(), left(), c.right.node).node
		}
		n := b.let(c.right.node, c.off, func(v func() ast.Node) ast.Node {
			first := predicate(c.off, c.op, environment(), left(), v())
			n := at(&ast.BinaryNode{Operator: "and", Left: first.node, Right: rest(v, chain[1:])}, c.off)
			n.SetType(boolType())
			return n
		})
		n.SetType(boolType())
		return n
	}
	n := b.let(left.node, left.off, func(v func() ast.Node) ast.Node { return rest(v, chain) })
	n.SetType(boolType())
	return operand{node: n, cond: n, off: left.off}
}

func binary(op string, left, right operand, off int) operand {
	return operand{node: function(off, op, environment(), left.node, right.node), off: left.off}
}

func unary(name string, o operand, off int) operand {
	if o.kind == operandConst {
		if v, err := unaryConstant(name, o.value); err == nil {
			return operand{node: constantNode(v, off), off: off}
		}
	}
	return operand{node: function(off, name, environment(), o.node), off: off}
}

func unaryConstant(name string, v any) (any, error) {
	if name == fnNeg {
		return value.Neg(v)
	}
	return value.Plus(v)
}

func nodes(items []operand) []ast.Node {
	out := make([]ast.Node, len(items))
	for i, o := range items {
		out[i] = o.node
	}
	return out
}

func sequence(name string, items []operand, off int) operand {
	array := at(&ast.ArrayNode{Nodes: nodes(items)}, off)
	o := operand{node: function(off, name, array), off: off}
	if name == fnTuple {
		o.kind, o.items = operandTuple, items
	}
	return o
}

func concat(items []operand, off int) operand {
	return operand{node: function(off, fnConcat, append([]ast.Node{environment()}, nodes(items)...)...), off: items[0].off}
}

// conditional lowers "then if test else otherwise".
func conditional(test, then, otherwise operand, off int) operand {
	n := at(&ast.ConditionalNode{Ternary: true, Cond: test.truth(), Exp1: then.node, Exp2: otherwise.node}, off)
	return operand{node: n, off: off}
}

// missingElse is what an inline if without else yields: unlike other undefined values it may be printed, as nothing.
func missingElse(line, off int) operand {
	hint := "the inline if-expression on line " + strconv.Itoa(line) + " evaluated to false and no else section was defined."
	return operand{node: constantNode(&value.Undefined{Hint: hint, Lenient: true}, off), off: off}
}

func attribute(o operand, name string, off int) operand {
	return operand{node: function(off, fnAttr, environment(), o.node, constantNode(name, off)), off: o.off}
}

func item(o, key operand, off int) operand {
	return operand{node: function(off, fnItem, environment(), o.node, key.node), off: o.off}
}

// arguments splits the arguments of a call into nodes and their description.
func arguments(name string, args []argument) (*callSpec, []ast.Node) {
	spec := &callSpec{name: name}
	list := make([]ast.Node, len(args))
	plain := true
	for i, a := range args {
		list[i] = a.value.node
		plain = plain && a.name == "" && a.star == 0
	}
	if !plain {
		spec.args = make([]argSpec, len(args))
		for i, a := range args {
			spec.args[i] = argSpec{a.name, a.star}
		}
	}
	return spec, list
}

func specified(fn string, off int, name string, o operand, args []argument) *ast.CallNode {
	spec, list := arguments(name, args)
	all := append([]ast.Node{environment(), at(&ast.ConstantNode{Value: spec}, off), o.node}, list...)
	return function(off, fn, all...)
}

func call(callee operand, args []argument, off int) operand {
	return operand{
		kind: operandCall, off: callee.off, call: &callParts{callee, args},
		node: specified(fnCall, off, "", callee, args),
	}
}

// sealed is an operand for a filter or test that looks at an encrypted value as it is.
func sealed(o operand, name string) operand {
	if takesSealed(name) && o.kind == operandName {
		o.node = function(o.off, fnSealed, environment(), constantNode(o.name, o.off))
	}
	return o
}

func filter(o operand, name string, args []argument, off int) operand {
	o = sealed(o, name)
	return operand{node: specified("|"+name, off, name, o, args), off: o.off}
}

func test(o operand, name string, args []argument, off int) operand {
	n := specified("is "+name, off, name, sealed(o, name), args)
	n.SetType(boolType())
	return operand{node: n, cond: n, off: o.off}
}
