//go:build !unix

package worker

import (
	"errors"
	"syscall"
)

var errUnix = errors.New("muster serve runs on Unix systems only")

func detached() *syscall.SysProcAttr { return nil }

func lock(string) (func(), bool, error) { return nil, false, errUnix }

func held(string) (bool, error) { return false, errUnix }

func interrupt(string) error { return errUnix }

func interruptSelf() error { return errUnix }

// Exclusive is not there on this system.
func Exclusive(string) (func(), bool, error) { return nil, false, errUnix }
