//go:build !unix

package tests

import "path/filepath"

// isMount reports the root of a volume.
func isMount(p string) bool { return filepath.Dir(p) == p }
