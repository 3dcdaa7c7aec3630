package value

import (
	"fmt"
	"math/big"
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
		return "dict"
	case Object:
		return x.TypeName()
	}
	return fmt.Sprintf("%T", v)
}
