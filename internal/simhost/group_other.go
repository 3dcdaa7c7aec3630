//go:build !unix

package simhost

import "os/exec"

// together leaves a command as it is where there are no groups of processes.
func together(*exec.Cmd) {}
