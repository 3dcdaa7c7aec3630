package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/factcache"
)

// factCache returns the cache of facts that the settings name; nil when facts last for one run.
func (w *workbench) factCache() (executor.FactCache, error) {
	dir, err := w.factDir()
	if dir == nil || err != nil {
		return nil, err
	}
	return dir, nil
}

func (w *workbench) factDir() (*factcache.Dir, error) {
	s := w.settings
	switch name := strings.TrimPrefix(s.FactCaching, "ansible.builtin."); name {
	case "", "memory":
		return nil, nil
	case "jsonfile":
	default:
		w.warn("fact_caching = %s is a Python plugin, which muster cannot run (it has memory and jsonfile): facts last for one run", s.FactCaching)
		return nil, nil
	}
	if s.FactCachingConnection == "" {
		return nil, fmt.Errorf("fact_caching = jsonfile needs a folder: set fact_caching_connection")
	}
	path := expandHome(s.FactCachingConnection, w.io.getenv("HOME"))
	if !filepath.IsAbs(path) {
		path = filepath.Join(w.io.dir, path)
	}
	prefix := ""
	if x, _ := s.Lookup("CACHE_PLUGIN_PREFIX"); x.Origin.Text != "default" {
		prefix = s.FactCachingPrefix
	}
	return factcache.Open(path, prefix, time.Duration(s.FactCachingTimeout)*time.Second, time.Now), nil
}

func expandHome(path, home string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}

// flushFacts is --flush-cache: it forgets the cached facts of every host in the inventory.
func (w *workbench) flushFacts() error {
	if !w.flags.flushCache {
		return nil
	}
	dir, err := w.factDir()
	if dir == nil || err != nil {
		return err
	}
	for _, h := range w.inv.Hosts() {
		if err := dir.Remove(h.Name); err != nil {
			return fmt.Errorf("--flush-cache: %w", err)
		}
	}
	return nil
}
