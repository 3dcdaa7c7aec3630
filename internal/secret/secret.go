// Package secret knows the secrets of a run by value and takes them out of everything that a run says.
//
// A Registry is handed to whoever learns a secret (vaults, passwords, prompts, secret parameters) and to whoever shows
// something. Masking a text costs nothing while no secret is known.
package secret

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/musterhq/muster/internal/event"
)

// Mask stands where a secret was.
const Mask = "********"

// Limits of what can be masked by its value, in bytes. A shorter secret would take harmless text along, and the gaps would
// tell what it is.
const (
	minimum     = 4 // of a value that is a secret by its own
	minimumFile = 6 // of a value in an encrypted file, of which not everything is a secret
	minimumLine = 8 // of a line of a secret of several lines
)

// Registry is a set of secrets. The zero value is empty and ready, nil is empty for good; all methods may be called
// concurrently.
type Registry struct {
	some  atomic.Bool
	match atomic.Pointer[matcher] // nil when secrets came in since it was made

	mu    sync.Mutex
	known map[string]bool
}

// Add makes texts secret. Those that are too short or are words of every output (true, root, changed …) are left out, as
// they cannot be masked by value.
func (r *Registry) Add(texts ...string) { r.add(minimum, texts) }

// AddFromFile is Add for the values of an encrypted file, where short ones are rarely secrets.
func (r *Registry) AddFromFile(texts ...string) { r.add(minimumFile, texts) }

func (r *Registry) add(least int, texts []string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if len(text) < least || plainWords[strings.ToLower(text)] || r.known[text] {
			continue
		}
		if r.known == nil {
			r.known = map[string]bool{}
		}
		r.known[text] = true
		r.match.Store(nil)
		r.some.Store(true)
	}
}

// plainWords are values that stand in vaults and in every output alike.
var plainWords = map[string]bool{
	"true": true, "false": true, "none": true, "null": true, "root": true, "admin": true, "localhost": true, "default": true,
	"present": true, "absent": true, "started": true, "stopped": true, "restarted": true, "latest": true, "enabled": true,
	"disabled": true, "changed": true, "failed": true, "skipped": true, "debug": true, "info": true, "warning": true, "error": true,
	"http": true, "https": true, "production": true, "staging": true, "development": true, "postgres": true, "mysql": true,
	"127.0.0.1": true, "0.0.0.0": true,
}

// Empty reports whether there is nothing to mask.
func (r *Registry) Empty() bool { return r == nil || !r.some.Load() }

// Text returns s with every secret masked, in its plain form and as JSON, base64, URLs and shells write it.
func (r *Registry) Text(s string) string {
	if r.Empty() || len(s) < minimum {
		return s
	}
	return r.matcher().replace(s)
}

// Holds reports whether a text contains a secret.
func (r *Registry) Holds(s string) bool {
	if r.Empty() || len(s) < minimum {
		return false
	}
	at, _ := r.matcher().find(s, 0)
	return at >= 0
}

// matcher returns what finds all secrets that are known now.
func (r *Registry) matcher() *matcher {
	if m := r.match.Load(); m != nil {
		return m
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.match.Load(); m != nil {
		return m
	}
	m := newMatcher()
	for text := range r.known {
		for _, form := range forms(text) {
			m.add(form)
		}
	}
	m.sort()
	r.match.Store(m)
	return m
}

// Value returns plain Go data with every secret in its texts masked, keys of mappings included. What holds none is
// returned as it is, the rest is copied.
func (r *Registry) Value(v any) any {
	if r.Empty() {
		return v
	}
	out, _ := r.value(v)
	return out
}

func (r *Registry) value(v any) (any, bool) {
	switch x := v.(type) {
	case string:
		if x == event.Censored { // muster's own words, which a secret such as "hidden" must not blot out
			return x, false
		}
		s := r.Text(x)
		return s, len(s) != len(x) || s != x
	case map[string]any:
		return r.mapping(x)
	case []any:
		return list(x, r.value)
	case []string:
		return list(x, func(s string) (string, bool) {
			masked := r.Text(s)
			return masked, masked != s
		})
	case []map[string]any:
		return list(x, r.mapping)
	case map[string]string:
		out, changed := make(map[string]string, len(x)), false
		for k, s := range x {
			out[r.Text(k)] = r.Text(s)
			changed = changed || r.Holds(k) || r.Holds(s)
		}
		return pick(changed, out, x), changed
	}
	return v, false
}

func (r *Registry) mapping(x map[string]any) (map[string]any, bool) {
	var out map[string]any
	for k, item := range x {
		masked, changed := r.value(item)
		key := r.Text(k)
		if !changed && key == k {
			continue
		}
		if out == nil {
			out = make(map[string]any, len(x))
			for k, item := range x {
				out[k] = item
			}
		}
		if key != k {
			delete(out, k)
		}
		out[key] = masked
	}
	return pick(out != nil, out, x), out != nil
}

// list masks the items of a list; it is copied when one of them changes.
func list[T any](x []T, mask func(T) (T, bool)) ([]T, bool) {
	var out []T
	for i, item := range x {
		masked, changed := mask(item)
		if !changed {
			continue
		}
		if out == nil {
			out = append([]T(nil), x...)
		}
		out[i] = masked
	}
	return pick(out != nil, out, x), out != nil
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
