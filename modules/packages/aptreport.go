package packages

import (
	"context"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

func reportApt(p aptParams, from, _ aptState, changed bool) modules.Result {
	run := from.run
	res := modules.Result{}
	stdout, stderr := string(run.output.Stdout), string(run.output.Stderr)
	switch {
	case p.cacheOnly():
		res["cache_updated"], res["cache_update_time"] = changed, run.cacheAfter
		return res
	case p.Upgrade != "no":
		res["msg"], res["stdout"], res["stderr"] = stdout, stdout, stderr
	case changed || ranAnyway(p, run):
		res["stdout"], res["stderr"] = stdout, stderr
	case p.Deb != nil:
		res["stdout"], res["stderr"], res["diff"] = "", "", ""
	}
	if changed || ranAnyway(p, run) && p.Upgrade == "no" {
		res["diff"] = map[string]any{}
	}
	if p.Upgrade == "no" && p.Deb == nil && p.State != "absent" && !(len(p.Package) == 0 && (p.Autoclean || p.Autoremove)) {
		res["cache_updated"], res["cache_update_time"] = run.cacheUpdated, run.cacheAfter
	}
	return res
}

// ranAnyway reports whether Ansible shows the command's output even where nothing changed.
func ranAnyway(p aptParams, run *aptRun) bool {
	return run.plan.line != nil && (p.State == "build-dep" || len(p.Package) == 0)
}

func diffApt(_ context.Context, _ sys.Reader, p aptParams, from, to aptState) (any, error) {
	if p.cacheOnly() || equalApt(from, to) {
		return nil, nil
	}
	return map[string]any{"prepared": prepared(string(from.run.output.Stdout))}, nil
}

// prepared is the part of apt-get's output that says what it is going to do.
func prepared(out string) string {
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	start, end := 0, len(lines)
	summary := regexp.MustCompile(`^[0-9]+ (packages )?upgraded`)
	for i, l := range lines {
		if l == "Reading state information..." && start == 0 {
			start = i + 1
		}
		if summary.MatchString(l) {
			end = i + 1
			break
		}
	}
	return strings.Join(lines[start:end], "\n")
}
