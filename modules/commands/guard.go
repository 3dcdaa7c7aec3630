package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// guard checks the folder to run in, then creates and removes; a result says why the command does not run.
func guard(ctx context.Context, r sys.Reader, cmd any, chdir, creates, removes string) (modules.Result, error) {
	if chdir != "" {
		if err := enterable(r, chdir); err != nil {
			return nil, refusal(cmd, nil, "Unable to change directory before execution: "+err.Error())
		}
	}
	did := "Did"
	if modules.CheckMode(ctx) {
		did = "Would"
	}
	switch {
	case creates != "" && matches(r, chdir, creates):
		return notRun(cmd, fmt.Sprintf("%s not run command since '%s' exists", did, creates),
			fmt.Sprintf("skipped, since %s exists", creates)), nil
	case removes != "" && !matches(r, chdir, removes):
		return notRun(cmd, fmt.Sprintf("%s not run command since '%s' does not exist", did, removes),
			fmt.Sprintf("skipped, since %s does not exist", removes)), nil
	}
	return nil, nil
}

func notRun(cmd any, msg, stdout string) modules.Result {
	res := blank(cmd)
	res["rc"], res["msg"], res["stdout"] = 0, msg, stdout
	return res
}

// preview answers in check mode: without creates and removes nobody knows what the command would do.
func preview(cmd any, creates, removes string) modules.Result {
	res := blank(cmd)
	res["rc"], res["msg"], res["changed"] = 0, "Command would have run if not in check mode", true
	if creates == "" && removes == "" {
		res["skipped"], res["changed"] = true, false
	}
	return res
}

// enterable says why a folder cannot be worked in.
func enterable(r sys.Reader, dir string) error {
	st, err := r.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New(osError(2, "No such file or directory", dir))
	case errors.Is(err, fs.ErrPermission):
		return errors.New(osError(13, "Permission denied", dir))
	case err != nil:
		return err
	case !st.IsDir():
		return errors.New(osError(20, "Not a directory", dir))
	case !r.Access(dir, 1):
		return errors.New(osError(13, "Permission denied", dir))
	}
	return nil
}

// matches reports whether a pattern, relative to a folder, fits something that exists.
func matches(r sys.Reader, dir, pattern string) bool {
	if dir != "" && !path.IsAbs(pattern) {
		pattern = path.Join(dir, pattern)
	}
	return globExists(r, pattern)
}
