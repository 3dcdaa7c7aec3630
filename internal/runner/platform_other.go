//go:build !linux

package runner

import (
	"errors"
	"os"
	"syscall"
)

func ownSession() *syscall.SysProcAttr { return nil }

func ownedBy(os.FileInfo) (int, bool) { return 0, false }

func executable(string) error { return nil }

func (l *link) startTerminal() error {
	return errors.New("terminals for become are only made on Linux")
}

func makeRaw(*os.File) (terminal bool, err error) { return false, nil }

func silence() error { return nil }

func replaceStandard(*os.File) error { return nil }
