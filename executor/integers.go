package executor

import (
	"math/big"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
)

// maxDigits bounds an integer that a host may send; keys of 16384 bits have fewer.
const maxDigits = 5000

// grown makes integers of the texts that a result names as such, and takes the note about them out of the result.
func grown(result *value.Dict) {
	note, ok := result.Get(modules.IntegersKey)
	if !ok {
		return
	}
	result.Delete(modules.IntegersKey)
	paths, ok := note.(*value.List)
	if !ok {
		return
	}
	for _, path := range paths.Items {
		if keys, ok := path.(*value.List); ok {
			grow(result, keys.Items)
		}
	}
}

// grow replaces the text at a path.
func grow(d *value.Dict, path []any) {
	if len(path) == 0 {
		return
	}
	v, _ := d.Get(path[0])
	switch v := v.(type) {
	case *value.Dict:
		grow(v, path[1:])
	case string:
		if n, ok := new(big.Int).SetString(v, 10); ok && len(path) == 1 && len(v) <= maxDigits {
			d.Set(path[0], value.FromBig(n))
		}
	}
}
