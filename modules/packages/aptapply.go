package packages

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

func applyApt(ctx context.Context, s sys.System, p aptParams, from, to aptState) error {
	run := aptRunOf(ctx)
	switch {
	case p.cacheOnly():
		run.applied = true // the index was read before anything was looked at
		return nil
	case to.run == nil:
		return restore(ctx, s, p, from, to)
	}
	pl := from.run.plan
	if pl.line == nil {
		return nil
	}
	out, err := withPolicy(ctx, s, p, func() (sys.Output, error) { return runApt(ctx, s, p, pl.line.argv) })
	if err != nil {
		return err
	}
	run.output, run.applied = out, true
	if out.Code != 0 {
		return failedCommand(pl.line, pl.failText, out)
	}
	return nil
}

// runApt runs apt-get; it waits for the lock as long as the task allows.
func runApt(ctx context.Context, s sys.System, p aptParams, argv []string) (sys.Output, error) {
	patient := []string{argv[0], "-o", "DPkg::Lock::Timeout=" + strconv.Itoa(p.LockTimeout)}
	return s.Run(ctx, sys.Command{Argv: append(patient, argv[1:]...), Env: aptEnv()})
}

const policyPath = "/usr/sbin/policy-rc.d"

// withPolicy runs f while policy-rc.d answers what the task says; what was there comes back afterwards.
func withPolicy(ctx context.Context, s sys.System, p aptParams, f func() (sys.Output, error)) (out sys.Output, err error) {
	if p.PolicyRcD == nil {
		return f()
	}
	kept := ""
	if _, statErr := s.Lstat(policyPath); statErr == nil {
		kept = policyPath + ".muster-kept"
		if err := s.Rename(policyPath, kept); err != nil {
			return out, fmt.Errorf("Fail to move %s to %s: %w", policyPath, kept, err)
		}
	}
	defer func() {
		var back error
		if kept != "" {
			back = s.Rename(kept, policyPath)
		} else {
			back = s.Remove(policyPath)
		}
		if back != nil && err == nil {
			err = fmt.Errorf("%s cannot be put back after package manipulation: %w", policyPath, back)
		}
	}()
	text := fmt.Sprintf("#!/bin/sh\nexit %d\n", *p.PolicyRcD)
	if err := s.WriteFile(policyPath, strings.NewReader(text), sys.WriteOptions{Perm: 0o755, UID: -1, GID: -1}); err != nil {
		return out, fmt.Errorf("Failed to create or chmod %s: %w", policyPath, err)
	}
	return f()
}

// finishDpkg lets dpkg finish what an interruption left half-done in the recorded packages: apt-get refuses to work before.
func finishDpkg(ctx context.Context, s sys.System, now, recorded aptState) error {
	for name := range recorded.Packages {
		if !halfDone(now.db, name) {
			continue
		}
		_, err := s.Run(ctx, sys.Command{Argv: []string{"dpkg", "--force-confold", "--configure", "-a"}, Env: aptEnv()})
		return err // what it could not configure is removed or replaced
	}
	return nil
}

// restore brings the recorded packages back to the recorded versions, and touches no others: where that would remove or
// move something else, it refuses.
func restore(ctx context.Context, s sys.System, p aptParams, now, recorded aptState) error {
	if err := finishDpkg(ctx, s, now, recorded); err != nil {
		return err
	}
	var specs, purged []string
	for name, want := range recorded.Packages {
		have := version(now.db, name)
		switch {
		case sameVersion(want, have) && !(want == "" && have == configFiles):
		case isInstalled(want):
			specs = append(specs, name+"="+want)
		case want == "" && have == configFiles:
			purged = append(purged, name)
		default:
			specs = append(specs, name+"-")
		}
	}
	sort.Strings(specs)
	if len(specs) > 0 {
		base := aptGet(s).add(true, "-y").dpkgOptions(p.DpkgOptions).argv
		base = append(base, "--allow-downgrades", "--allow-change-held-packages", "--no-install-recommends", "--purge")
		if err := checkOnly(ctx, s, append(append(slices.Clone(base), "--simulate", "install"), specs...), recorded); err != nil {
			return err
		}
		out, err := runApt(ctx, s, p, append(append(base, "install"), specs...))
		if err != nil {
			return err
		}
		if out.Code != 0 {
			return failure(out, "apt-get could not bring the packages back: %s", out.Stderr)
		}
	}
	aptRunOf(ctx).applied = true
	if len(purged) > 0 {
		sort.Strings(purged)
		out, err := s.Run(ctx, sys.Command{Argv: append([]string{"dpkg", "--purge"}, purged...), Env: aptEnv()})
		if err != nil {
			return err
		}
		if out.Code != 0 {
			return failure(out, "dpkg --purge %s failed: %s", strings.Join(purged, " "), out.Stderr)
		}
	}
	return mark(ctx, s, "auto", recorded.Auto)
}

// checkOnly refuses a transaction that concerns other packages than the recorded ones.
func checkOnly(ctx context.Context, s sys.System, argv []string, recorded aptState) error {
	out, err := s.Query(ctx, sys.Command{Argv: argv, Env: aptEnv()})
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return failure(out, "apt-get cannot bring the packages back: %s", out.Stderr)
	}
	for _, step := range dpkg.ParseSimulation(string(out.Stdout)) {
		if _, ours := recorded.Packages[step.Name]; !ours && step.To != step.From {
			return fmt.Errorf("left alone: bringing the packages back would also change %s, which the task had not touched", step.Name)
		}
	}
	return nil
}

// mark tells apt which packages are wanted for themselves (manual) or only as dependencies (auto).
func mark(ctx context.Context, s sys.System, kind string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if _, err := s.LookPath("apt-mark"); err != nil {
		modules.Warn(ctx, "Could not find apt-mark binary, not marking package(s) as manually installed.")
		return nil
	}
	argv := append([]string{"apt-mark", kind}, names...)
	out, err := s.Run(ctx, sys.Command{Argv: argv, Env: aptEnv()})
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return failure(out, "'%s' failed: %s", strings.Join(argv, " "), out.Stderr)
	}
	return nil
}

// upkeepApt marks the packages that a task names as wanted for themselves.
func upkeepApt(ctx context.Context, s sys.System, p aptParams, now aptState) error {
	if p.State == "build-dep" || p.State == "absent" || now.db == nil || len(aptRunOf(ctx).plan.names) == 0 {
		return nil
	}
	auto := dpkg.ReadAuto(s, now.db)
	var names []string
	for _, name := range aptRunOf(ctx).plan.names {
		if pkg, ok := now.db.Find(name); ok && pkg.Installed() && auto[now.db.Name(pkg)] {
			names = append(names, name)
		}
	}
	return mark(ctx, s, "manual", names)
}
