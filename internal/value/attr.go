package value

import (
	"math/big"
	"sync"
)

// methodsOf is the methods of one type, by name.
type methodsOf[T any] map[string]method[T]

type method[T any] struct {
	sig *Signature
	run func(self T, a *Args) (any, error)
}

// of declares a method by its signature.
func of[T any](signature string, run func(self T, a *Args) (any, error)) method[T] {
	return method[T]{sig: MustSignature(signature), run: run}
}

func table[T any](list ...method[T]) methodsOf[T] {
	m := make(methodsOf[T], len(list))
	for _, x := range list {
		m[x.sig.Name] = x
	}
	return m
}

// bind returns the method of one value, as calling it needs no more than the arguments.
func (m methodsOf[T]) bind(self T, name string) (any, bool) {
	x, ok := m[name]
	if !ok {
		return nil, false
	}
	return Func(func(args []any, kw *Dict) (any, error) {
		a, err := x.sig.Bind(args, kw)
		if err != nil {
			return nil, err
		}
		v, err := x.run(self, a)
		if a.Err() != nil {
			return nil, a.Err()
		}
		return v, err
	}), true
}

// methodTables holds the methods of all types. They are made at the first use and never change.
type methodTables struct {
	once      sync.Once
	str       methodsOf[string]
	list      methodsOf[*List]
	tuple     methodsOf[*Tuple]
	dict      methodsOf[*Dict]
	set       methodsOf[*Set]
	bytes     methodsOf[Bytes]
	float     methodsOf[float64]
	int       methodsOf[*big.Int]
	dateTime  methodsOf[DateTime]
	date      methodsOf[Date]
	timeDelta methodsOf[TimeDelta]
}

var tables methodTables

func (t *methodTables) ready() *methodTables {
	t.once.Do(func() {
		t.str = newStrMethods()
		t.list = newListMethods()
		t.tuple = newTupleMethods()
		t.dict = newDictMethods()
		t.set = newSetMethods()
		t.bytes = newBytesMethods()
		t.float = newFloatMethods()
		t.int = newIntMethods()
		t.dateTime = newDateTimeMethods()
		t.date = newDateMethods()
		t.timeDelta = newTimeDeltaMethods()
	})
	return t
}

// GetAttr returns a method or an attribute of a value; a mapping's keys are no attributes.
func GetAttr(obj any, name string) (any, bool) {
	switch x := obj.(type) {
	case string:
		return tables.ready().str.bind(x, name)
	case *Dict:
		return tables.ready().dict.bind(x, name)
	case *List:
		return tables.ready().list.bind(x, name)
	case *Tuple:
		for i, field := range x.Names {
			if field == name && i < len(x.Items) {
				return x.Items[i], true
			}
		}
		return tables.ready().tuple.bind(x, name)
	case *Set:
		return tables.ready().set.bind(x, name)
	case Bytes:
		return tables.ready().bytes.bind(x, name)
	case float64:
		return floatAttr(x, name)
	case int, bool, *big.Int:
		return intAttr(x, name)
	case DateTime:
		return dateTimeAttr(x, name)
	case Date:
		return dateAttr(x, name)
	case TimeDelta:
		return timeDeltaAttr(x, name)
	case Object:
		return x.Attr(name)
	}
	return nil, false
}
