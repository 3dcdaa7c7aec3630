//go:build !linux

package tree

func notDir(error) bool { return false }
