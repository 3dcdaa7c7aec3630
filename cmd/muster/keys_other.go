//go:build !linux && !darwin

package main

import (
	"errors"
	"os"
)

// readsKeys says whether terminals can be read key by key.
const readsKeys = false

// openKeys fails: a terminal is not read key by key on this platform.
func openKeys(*os.File) (keys, error) { return nil, errors.ErrUnsupported }

// hush does nothing on this platform: reading the secret turns the echo off.
func hush(*os.File) func() { return func() {} }
