//go:build !linux

package runner

import "os"

func pollable(f *os.File) *os.File { return f }
