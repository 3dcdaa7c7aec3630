package tree

import (
	"errors"
	"syscall"
)

// notDir reports that a component of the path is a file: nothing stands at such a path.
func notDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
