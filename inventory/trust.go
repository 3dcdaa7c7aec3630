package inventory

import (
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// trusted marks text with Jinja2 markers anywhere in v as templates. It is for what inventories and their scripts say,
// never for what hosts return. The JSON forms of vault and unsafe values are undone.
func trusted(v any, pos diag.Pos) any {
	switch x := v.(type) {
	case string:
		if yaml11.HasMarkers(x) {
			return value.Template{Src: x, Pos: pos}
		}
		return x
	case value.Bytes:
		return trusted(string(x), pos)
	case *value.List:
		for i, item := range x.Items {
			x.Items[i] = trusted(item, pos)
		}
		return x
	case *value.Tuple:
		items := make([]any, len(x.Items))
		for i, item := range x.Items {
			items[i] = trusted(item, pos)
		}
		return &value.Tuple{Items: items}
	case *value.Dict:
		return trustedDict(x, pos)
	default:
		return v
	}
}

func trustedDict(d *value.Dict, pos diag.Pos) any {
	for _, k := range d.Keys() {
		item, _ := d.Get(k)
		switch text, isText := item.(string); {
		case k == "__ansible_vault" && isText:
			return value.Vault{Ciphertext: text, Pos: pos}
		case k == "__ansible_unsafe":
			return item
		}
		d.Set(k, trusted(item, pos))
	}
	return d
}
