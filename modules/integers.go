package modules

import (
	"maps"
	"math/big"
	"slices"
)

// noteIntegers writes the large integers of a result as text, for the wire has none, and notes where they are. It copies what
// it changes.
func noteIntegers(res Result) {
	var paths []any
	for k, v := range res {
		res[k] = plainIntegers(v, []any{k}, &paths)
	}
	if paths != nil {
		res[IntegersKey] = paths
	}
}

// plainIntegers returns a value without large integers; path is where it stands, and mappings alone are looked into.
func plainIntegers(v any, path []any, paths *[]any) any {
	switch v := v.(type) {
	case *big.Int:
		if v.IsInt64() {
			return v.Int64()
		}
		*paths = append(*paths, slices.Clone(path))
		return v.String()
	case map[string]any:
		out := maps.Clone(v)
		for k, item := range v {
			out[k] = plainIntegers(item, append(path, k), paths)
		}
		return out
	}
	return v
}
