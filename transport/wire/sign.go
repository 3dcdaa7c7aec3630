package wire

import "math"

// CBOR has unsigned and negative integers, Go code expects int64: these walk a decoded tree in place.

func signMap(m map[string]any) {
	for k, v := range m {
		if w, changed := sign(v); changed {
			m[k] = w
		}
	}
}

// sign returns what stands for v, and whether that differs from v itself.
func sign(v any) (any, bool) {
	switch v := v.(type) {
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v), true
		}
	case []any:
		for i, e := range v {
			if w, changed := sign(e); changed {
				v[i] = w
			}
		}
	case map[string]any:
		signMap(v)
	}
	return v, false
}
