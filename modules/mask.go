package modules

import (
	"sort"
	"strings"
)

// noteSecrets collects the texts of secret parameters before they are coerced, so that error messages are masked too.
func (d *decoding) noteSecrets(s *Spec, given map[string]any) {
	if !s.secret {
		return
	}
	for i := range s.fields {
		if f := &s.fields[i]; f.Secret {
			d.Secrets = appendTexts(d.Secrets, normal(given[f.Name]))
		}
	}
}

func appendTexts(out []string, v any) []string {
	switch x := v.(type) {
	case nil, bool:
	case string:
		if x != "" {
			out = append(out, x)
		}
	case []any:
		for _, item := range x {
			out = appendTexts(out, item)
		}
	case map[string]any:
		for _, item := range x {
			out = appendTexts(out, item)
		}
	default:
		out = append(out, PyStr(x))
	}
	return out
}

// Mask replaces secrets in everything a value holds: a text that is a secret becomes Hidden, one that contains a
// secret shows ******** in its place. The value is copied where it changes.
func Mask(v any, secrets []string) any {
	if len(secrets) == 0 {
		return v
	}
	longest := append([]string{}, secrets...)
	sort.Slice(longest, func(i, j int) bool { return len(longest[i]) > len(longest[j]) })
	return mask(v, longest)
}

func mask(v any, secrets []string) any {
	switch x := v.(type) {
	case string:
		return maskText(x, secrets)
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = mask(item, secrets)
		}
		return out
	case []string:
		out := make([]string, len(x))
		for i, item := range x {
			out[i] = maskText(item, secrets)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = mask(item, secrets)
		}
		return out
	case map[string]string:
		out := make(map[string]string, len(x))
		for k, item := range x {
			out[k] = maskText(item, secrets)
		}
		return out
	case []map[string]any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = mask(item, secrets)
		}
		return out
	case Result:
		return Result(mask(map[string]any(x), secrets).(map[string]any))
	case int, int64, uint64, float64:
		if text := PyStr(x); containsText(secrets, text) {
			return Hidden
		}
		return v
	default:
		return v
	}
}

func maskText(s string, secrets []string) string {
	if containsText(secrets, s) {
		return Hidden
	}
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, "********")
	}
	return s
}

func containsText(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}
