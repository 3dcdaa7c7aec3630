package tree

import (
	"errors"
	"syscall"
)

// nothingThere reports that a component of the path is a file, or its name too long: nothing stands at such a path.
func nothingThere(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
