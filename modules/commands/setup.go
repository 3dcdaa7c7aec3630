package commands

import (
	"context"
	"strings"
	"time"

	"github.com/musterhq/muster/facts"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// SetupParams are the parameters of setup and gather_facts.
type SetupParams struct {
	GatherSubset  []string `param:"gather_subset" default:"all" doc:"Parts of the facts to gather, or with a leading ! to leave out; all and min are sets of them."`
	GatherTimeout int      `param:"gather_timeout" default:"10" doc:"Seconds to wait for each fact that may hang."`
	Filter        []string `param:"filter" doc:"Return only facts whose names match one of these shell patterns."`
	FactPath      string   `param:"fact_path" type:"path" default:"/etc/ansible/facts.d" doc:"Folder of the host's own facts in files named *.fact, which are run when executable and read as JSON or INI otherwise."`
	Parallel      *bool    `param:"parallel,hidden"`
}

// Setup gathers the facts of a host.
func Setup() modules.Module {
	return modules.Query[SetupParams]{
		Info: modules.Info{
			Name:    "setup",
			Summary: "Gather facts about the host.",
			Notes: "Plays do this by themselves unless gather_facts is off. The facts are there as ansible_facts.NAME and as " +
				"ansible_NAME. The subsets facter and ohai are accepted and empty.",
			Aliases: []string{"gather_facts"}, Undo: modules.UndoFull, Facts: true,
			Examples: `
- name: Gather only what says which system this is
  setup:
    gather_subset: ["!all", "!min", distribution]
- name: Gather again, and keep memory only
  setup:
    filter: ansible_*_mb
`,
		},
		Run: func(ctx context.Context, r sys.Reader, p SetupParams) (modules.Result, error) {
			found, warnings, err := facts.Gather(ctx, r, facts.Options{Subsets: trimmed(p.GatherSubset), Filter: trimmed(p.Filter),
				FactPath: p.FactPath, Timeout: time.Duration(p.GatherTimeout) * time.Second})
			if err != nil {
				return nil, err
			}
			for _, w := range warnings {
				modules.Warn(ctx, "%s", w)
			}
			return modules.Result{"ansible_facts": found}, nil
		},
	}.Module()
}

func trimmed(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
