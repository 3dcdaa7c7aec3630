//go:build !unix

package vault

import (
	"errors"
	"os"
)

// keepable says that the platform can tell whose a file is; without that, no keys are kept.
const keepable = false

func private(os.FileInfo) bool { return false }

func (f *keptFolder) lock() (*os.File, error) { return nil, errors.ErrUnsupported }
