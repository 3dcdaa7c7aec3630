package network

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type pingParams struct {
	Data string `param:"data" default:"pong" doc:"What to answer; crash fails on purpose."`
}

// Ping is the module ping: it answers, which shows that a host can be worked on.
func Ping() modules.Module {
	return modules.Query[pingParams]{
		Info: modules.Info{
			Name:     "ping",
			Summary:  "Answers, which shows that the host can be reached and worked on.",
			Examples: "- name: Is the host there\n  ping:\n",
		},
		Run: func(_ context.Context, _ sys.Reader, p pingParams) (modules.Result, error) {
			if p.Data == "crash" {
				return nil, &modules.Error{Msg: "boom", Fields: modules.Result{"module_stdout": "", "module_stderr": "Exception: boom"}}
			}
			return modules.Result{"ping": p.Data}, nil
		},
	}.Module()
}
