package packages

import (
	"context"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

type selectionParams struct {
	Name      string `param:"name,required" doc:"The package."`
	Selection string `param:"selection,required" choices:"install,hold,deinstall,purge" doc:"What dpkg is told to do with it; hold keeps its version."`
}

// notPresent stands for a package that dpkg knows nothing of.
const notPresent = "not present"

// DpkgSelections is the module dpkg_selections.
func DpkgSelections() modules.Module {
	return modules.State[selectionParams, string]{
		Info: modules.Info{
			Name:     "dpkg_selections",
			Summary:  "Tells dpkg which packages to keep, hold or remove.",
			Notes:    "No package is installed or removed by this; apt does that.",
			Undo:     modules.UndoFull,
			Examples: "- name: Keep the version of a package\n  dpkg_selections:\n    name: nginx\n    selection: hold\n",
		},
		Validate: func(p *selectionParams) error {
			if strings.ContainsAny(p.Name, " \t\n") || strings.HasPrefix(p.Name, "-") {
				return modules.Fail(nil, "%q is no package name", p.Name)
			}
			return nil
		},
		Read: func(_ context.Context, r sys.Reader, p selectionParams) (string, error) {
			db, err := dpkg.Read(r)
			if err != nil {
				return "", err
			}
			pkg, ok := db.Find(p.Name)
			if !ok || pkg.State == "not-installed" && pkg.Want == "" {
				return notPresent, nil
			}
			return pkg.Want, nil
		},
		Want: func(p selectionParams, _ string) (string, error) { return p.Selection, nil },
		Apply: func(ctx context.Context, s sys.System, p selectionParams, _, to string) error {
			if to == notPresent {
				to = "purge"
			}
			out, err := s.Run(ctx, sys.Command{Argv: []string{"dpkg", "--set-selections"}, Stdin: strings.NewReader(p.Name + " " + to), Env: aptEnv()})
			if err != nil {
				return err
			}
			if out.Code != 0 {
				return failure(out, "dpkg --set-selections failed: %s", strings.TrimSpace(string(out.Stderr)))
			}
			return nil
		},
		// dpkg silently ignores packages that it has never heard of
		Settled: func(_ selectionParams, want, got string) bool { return want == got || got == notPresent },
		Report: func(p selectionParams, from, _ string, _ bool) modules.Result {
			return modules.Result{"before": from, "after": p.Selection}
		},
	}.Module()
}
