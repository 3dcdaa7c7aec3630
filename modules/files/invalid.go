package files

import (
	"errors"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

// invalidFields adds what the validation command printed to the result.
func invalidFields(err error) error {
	var invalid *tree.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	return modules.Fail(modules.Result{"exit_status": invalid.Code, "stdout": invalid.Stdout, "stderr": invalid.Stderr}, "failed to validate")
}
