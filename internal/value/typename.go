package value

import (
	"fmt"
	"math/big"
	"reflect"
)

// TypeName is the name of the value's type in Python.
func TypeName(v any) string {
	switch x := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case Bytes:
		return "bytes"
	case *List:
		return "list"
	case *Tuple:
		return "tuple"
	case *Dict:
		return "dict"
	case *Set:
		return "set"
	case *Undefined:
		return "AnsibleUndefined"
	case Template:
		return "AnsibleUnicode"
	case Vault:
		return "AnsibleVaultEncryptedUnicode"
	case DateTime:
		return "datetime"
	case Date:
		return "date"
	case TimeDelta:
		return "timedelta"
	case Func:
		return "builtin_function_or_method"
	case Mapping:
		if named, ok := x.(interface{ TypeName() string }); ok {
			return named.TypeName()
		}
		return "dict"
	case Object:
		return x.TypeName()
	}
	if _, ok := TextKind(v); ok {
		return "str"
	}
	return fmt.Sprintf("%T", v)
}

// TextKind returns the text of a value whose Go type is one of text, such as a marker of the engine's own.
func TextKind(v any) (string, bool) {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.String {
		return "", false
	}
	return r.String(), true
}
