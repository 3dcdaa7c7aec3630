package value

import (
	"fmt"
	"reflect"
)

// Equal is Python's ==: 1, 1.0 and True are equal, lists never equal tuples, mappings are compared without order.
func Equal(a, b any) bool { return equal(a, b, 0) }

// equal stops at a depth that only values which contain themselves have; those are not equal.
func equal(a, b any, depth int) bool {
	if depth > maxNesting {
		return false
	}
	if IsNumber(a) && IsNumber(b) {
		order, ordered := CompareNumbers(a, b)
		return ordered && order == 0
	}
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case *List:
		y, ok := b.(*List)
		return ok && (x == y || equalItems(x.Items, y.Items, depth))
	case *Tuple:
		y, ok := b.(*Tuple)
		return ok && (x == y || equalItems(x.Items, y.Items, depth))
	case *Dict:
		y, ok := b.(*Dict)
		return ok && equalDicts(x, y, depth)
	case *Set:
		y, ok := b.(*Set)
		return ok && len(x.Items) == len(y.Items) && x.includes(y)
	case DateTime:
		y, ok := b.(DateTime)
		return ok && x.Aware == y.Aware && x.Time.Equal(y.Time)
	}
	return same(a, b)
}

// same compares values of other types by identity, without Go's panic on those that have none.
func same(a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	ta, tb := reflect.TypeOf(a), reflect.TypeOf(b)
	if ta != tb {
		return false
	}
	if ta.Comparable() {
		return a == b
	}
	return false
}

func equalItems(a, b []any, depth int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i], depth+1) {
			return false
		}
	}
	return true
}

func equalDicts(a, b *Dict, depth int) bool {
	if a == b {
		return true
	}
	if a.Len() != b.Len() {
		return false
	}
	for k, v := range a.All() {
		w, ok := b.Get(k)
		if !ok || !equal(v, w, depth+1) {
			return false
		}
	}
	return true
}

func (s *Set) includes(other *Set) bool {
	index := NewDict()
	for _, item := range s.Items {
		index.Set(item, nil)
	}
	for _, item := range other.Items {
		if _, ok := index.Get(item); !ok {
			return false
		}
	}
	return true
}

// Has reports whether item is in the set.
func (s *Set) Has(item any) bool {
	for _, x := range s.Items {
		if Equal(x, item) {
			return true
		}
	}
	return false
}

// Compare orders two values as Python's < does: negative, zero or positive. Values that Python cannot order are a
// TypeError.
func Compare(a, b any) (int, error) { return compareFor("<", a, b, 0) }

// Order answers a comparison by operator: <, <=, >, >=.
func Order(op string, a, b any) (bool, error) {
	if x, ok := a.(*Set); ok {
		if y, ok := b.(*Set); ok {
			return orderSets(op, x, y), nil
		}
	}
	if IsNumber(a) && IsNumber(b) {
		if order, ordered := CompareNumbers(a, b); ordered {
			return holds(op, order), nil
		}
		return false, nil
	}
	order, err := compareFor(op, a, b, 0)
	return err == nil && holds(op, order), err
}

func holds(op string, order int) bool {
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

func orderSets(op string, a, b *Set) bool {
	switch op {
	case "<":
		return len(a.Items) < len(b.Items) && b.includes(a)
	case "<=":
		return b.includes(a)
	case ">":
		return len(a.Items) > len(b.Items) && a.includes(b)
	default:
		return a.includes(b)
	}
}

func compareFor(op string, a, b any, depth int) (int, error) {
	if depth > maxNesting {
		return 0, &ValueError{"maximum recursion depth exceeded in comparison"}
	}
	if err := Defined(a, b); err != nil {
		return 0, err
	}
	if IsNumber(a) && IsNumber(b) {
		order, _ := CompareNumbers(a, b)
		return order, nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return compareOrdered(x, y), nil
		}
	case Bytes:
		if y, ok := b.(Bytes); ok {
			return compareOrdered(string(x), string(y)), nil
		}
	case *List:
		if y, ok := b.(*List); ok {
			return compareItems(op, x.Items, y.Items, depth)
		}
	case *Tuple:
		if y, ok := b.(*Tuple); ok {
			return compareItems(op, x.Items, y.Items, depth)
		}
	case DateTime:
		if y, ok := b.(DateTime); ok {
			if x.Aware != y.Aware {
				return 0, &TypeError{"can't compare offset-naive and offset-aware datetimes"}
			}
			return x.Time.Compare(y.Time), nil
		}
	case Date:
		if y, ok := b.(Date); ok {
			return x.Time.Compare(y.Time), nil
		}
	case TimeDelta:
		if y, ok := b.(TimeDelta); ok {
			return compareOrdered(int(x), int(y)), nil
		}
	}
	return 0, &TypeError{fmt.Sprintf("'%s' not supported between instances of '%s' and '%s'", op, TypeName(a), TypeName(b))}
}

func compareItems(op string, a, b []any, depth int) (int, error) {
	for i := 0; i < len(a) && i < len(b); i++ {
		if !Equal(a[i], b[i]) {
			return compareFor(op, a[i], b[i], depth+1)
		}
	}
	return compareOrdered(len(a), len(b)), nil
}

// Defined returns an UndefinedError when one of the values is undefined.
func Defined(values ...any) error {
	for _, v := range values {
		if u, ok := v.(*Undefined); ok {
			return &UndefinedError{u}
		}
	}
	return nil
}
