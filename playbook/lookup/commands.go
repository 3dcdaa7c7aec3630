package lookup

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// output runs a command of the controller's shell in the playbook's folder and returns what it prints.
func (c *call) output(name, command string) (string, error) {
	cmd := exec.CommandContext(c.ctx, "/bin/sh", "-c", command)
	cmd.Dir = c.env.BaseDir()
	cmd.Stderr = os.Stderr
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return "", errorf("lookup_plugin.%s(%s) returned %d", name, command, exit.ExitCode())
	case err != nil:
		return "", errorf("lookup_plugin.%s(%s) could not be run: %v", name, command, err)
	}
	return out.String(), nil
}

func pipe(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		s, err := c.output("pipe", value.Str(t))
		if err != nil {
			return nil, err
		}
		out = append(out, strings.TrimRight(s, " \t\n\r\v\f"))
	}
	return out, nil
}

func lines(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		s, err := c.output("lines", value.Str(t))
		if err != nil {
			return nil, err
		}
		for _, line := range value.SplitLines(s, false) {
			out = append(out, line)
		}
	}
	return out, nil
}
