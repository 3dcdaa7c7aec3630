package jinja

import "sync"

// cache keeps compiled texts. It holds at most twice its capacity: when the young generation is full it becomes the old
// one, and what was in the old one and has not been used since is forgotten.
type cache struct {
	mu       sync.RWMutex
	capacity int
	bytes    int
	young    map[cacheKey]*unit
	old      map[cacheKey]*unit
}

// cacheKey is everything that a compiled text depends on.
type cacheKey struct {
	src     string
	kind    unitKind
	escaped bool
	syntax  *Syntax // one pointer for each syntax: see interned
}

const (
	defaultCacheEntries = 8192
	cacheBytes          = 16 << 20
)

func newCache(entries int) *cache {
	if entries <= 0 {
		entries = defaultCacheEntries
	}
	return &cache{capacity: (entries + 1) / 2, young: map[cacheKey]*unit{}}
}

func (c *cache) get(k cacheKey) (*unit, bool) {
	c.mu.RLock()
	u, ok := c.young[k]
	if !ok {
		if u, ok = c.old[k]; ok {
			defer c.put(k, u)
		}
	}
	c.mu.RUnlock()
	return u, ok
}

func (c *cache) put(k cacheKey, u *unit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[k]; ok {
		return
	}
	if len(c.young) >= c.capacity || c.bytes > cacheBytes {
		c.old, c.young, c.bytes = c.young, map[cacheKey]*unit{}, 0
	}
	c.young[k] = u
	c.bytes += len(k.src)
}
