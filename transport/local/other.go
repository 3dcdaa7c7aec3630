//go:build !unix

package local

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

func ownTerminal() *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) error { return p.Kill() }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }
