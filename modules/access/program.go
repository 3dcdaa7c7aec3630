package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// printed collects what the programs of a change said, for the result's stdout and stderr.
type printed struct{ stdout, stderr string }

func (o *printed) addTo(res modules.Result) {
	if o == nil {
		return
	}
	if o.stdout != "" {
		res["stdout"] = o.stdout
	}
	if o.stderr != "" {
		res["stderr"] = o.stderr
	}
}

// program runs a program that changes the machine; an exit code other than zero is an error with its words and the
// given fields, of which rc gets the code.
func program(ctx context.Context, s sys.System, fields modules.Result, o *printed, c sys.Command) error {
	out, err := s.Run(ctx, c)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Argv[0], err)
	}
	if o != nil {
		o.stdout += string(out.Stdout)
		o.stderr += string(out.Stderr)
	}
	if out.Code != 0 {
		msg := string(out.Stderr)
		if strings.TrimSpace(msg) == "" {
			msg = fmt.Sprintf("%s ended with exit code %d", c.Argv[0], out.Code)
		}
		if _, wanted := fields["rc"]; wanted {
			fields["rc"] = out.Code
		}
		return modules.Fail(fields, "%s", msg)
	}
	return nil
}

func hasProgram(r sys.Reader, name string) bool {
	_, err := r.LookPath(name)
	return err == nil
}
