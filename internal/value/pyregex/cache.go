package pyregex

import "sync"

// Cache keeps compiled patterns, as the same ones are used for every host and item. It is safe for concurrent use.
type Cache struct {
	limit int
	mu    sync.RWMutex
	known map[cacheKey]*Regexp
}

type cacheKey struct {
	pattern string
	flags   Flags
}

// NewCache returns a cache of at most limit patterns.
func NewCache(limit int) *Cache {
	return &Cache{limit: limit, known: map[cacheKey]*Regexp{}}
}

// Compile is Compile, but compiles a pattern once. Wrong patterns are not kept.
func (c *Cache) Compile(pattern string, flags Flags) (*Regexp, error) {
	key := cacheKey{pattern, flags}
	c.mu.RLock()
	re := c.known[key]
	c.mu.RUnlock()
	if re != nil {
		return re, nil
	}
	re, err := Compile(pattern, flags)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= c.limit {
		clear(c.known)
	}
	c.known[key] = re
	return re, nil
}
