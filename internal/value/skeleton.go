package value

import "errors"

var errLater = errors.New("not there yet")

// Truth is Python's bool(v).
func Truth(v any) bool { return v != nil }

// Equal is Python's ==.
func Equal(a, b any) bool { return a == b }

// Compare orders two values as Python's < does: negative, zero, positive.
func Compare(a, b any) (int, error) { return 0, errLater }

// Order is a comparison by operator: <, <=, >, >=.
func Order(op string, a, b any) (bool, error) { return false, errLater }

// Repr writes a value exactly as Python's repr does.
func Repr(v any) string { return "" }

// Str writes a value as Python's str does.
func Str(v any) string { return "" }

// Binary computes a op b for + - * / // % **.
func Binary(op string, a, b any) (any, error) { return nil, errLater }

// Neg is -v.
func Neg(v any) (any, error) { return nil, errLater }

// Pos is +v.
func Plus(v any) (any, error) { return nil, errLater }

// Contains is Python's item in container.
func Contains(container, item any) (bool, error) { return false, errLater }

// GetAttr returns a method or attribute of a value (never a key of a mapping).
func GetAttr(obj any, name string) (any, bool) { return nil, false }

// GetItem returns obj[key]; false when there is no such item.
func GetItem(obj, key any) (any, bool, error) { return nil, false, errLater }

// Slice is obj[start:stop:step]; nil stands for what is left out.
func Slice(obj, start, stop, step any) (any, error) { return nil, errLater }

// Iterate returns the items that a for loop visits.
func Iterate(v any) ([]any, error) { return nil, errLater }

// Len is Python's len(v).
func Len(v any) (int, error) { return 0, errLater }

// TypeName is the name of the value's type in Python.
func TypeName(v any) string { return "" }

// JSONOptions are the arguments of Python's json.dumps. The zero value is its defaults.
type JSONOptions struct {
	Indent        *int   // nil writes one line
	IndentText    string // overrides Indent when not empty
	SortKeys      bool
	KeepUnicode   bool // ensure_ascii=False
	ItemSeparator string
	KeySeparator  string
}

// JSON encodes as Python's json.dumps.
func JSON(v any, o JSONOptions) (string, error) { return "", errLater }

// ParseJSON decodes as Python's json.loads; mappings keep their order.
func ParseJSON(text string) (any, error) { return nil, errLater }

// ParseLiteral reads a Python literal as ast.literal_eval does.
func ParseLiteral(text string) (any, error) { return nil, errLater }
