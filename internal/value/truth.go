package value

import "math/big"

// Truth is Python's bool(v). An undefined value is false; who must refuse it asks before.
func Truth(v any) bool {
	switch x := v.(type) {
	case nil:
		return false
	case bool:
		return x
	case int:
		return x != 0
	case string:
		return x != ""
	case float64:
		return x != 0
	case *Dict:
		return x.Len() > 0
	case *List:
		return len(x.Items) > 0
	case *Tuple:
		return len(x.Items) > 0
	case *Set:
		return len(x.Items) > 0
	case Bytes:
		return x != ""
	case *big.Int:
		return x.Sign() != 0
	case TimeDelta:
		return x != 0
	case *Undefined:
		return false
	case Template:
		return x.Src != ""
	case Mapping:
		return x.Len() > 0
	}
	return true
}
