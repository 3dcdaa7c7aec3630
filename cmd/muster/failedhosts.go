package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
)

// failedWord in --limit stands for the hosts that failed or were unreachable in an earlier run.
const failedWord = "@failed"

// limitToFailed puts hosts in the place of @failed (the last run of one of the playbooks, or of any without playbooks) and
// @failed:RUN in --limit.
func (w *workbench) limitToFailed(ctx context.Context, playbooks []string) error {
	if !strings.Contains(w.flags.limit, failedWord) {
		return nil
	}
	parts := strings.Split(w.flags.limit, ",")
	for i, part := range parts {
		part = strings.TrimSpace(part)
		ref, named := strings.CutPrefix(part, failedWord+":")
		switch {
		case part == failedWord:
			ref = ""
		case !named:
			continue
		}
		hosts, err := w.failedHosts(ctx, ref, playbooks)
		if err != nil {
			return fmt.Errorf("--limit %s: %w", part, err)
		}
		parts[i] = strings.Join(hosts, ",")
	}
	w.flags.limit = strings.Join(parts, ",")
	return nil
}

// failedHosts are the hosts that failed in a run.
func (w *workbench) failedHosts(ctx context.Context, ref string, playbooks []string) (hosts []string, err error) {
	err = withHistory(ctx, w.io, func(h *historyView) error {
		run, err := h.lastOf(ctx, ref, playbooks)
		if err != nil {
			return err
		}
		found, err := h.store.Results(ctx, history.ResultFilter{Run: run.ID, Statuses: []event.Status{event.Failed, event.Unreachable}})
		if err != nil {
			return err
		}
		for _, r := range found {
			if !r.Ignored && !r.Rescued && !slices.Contains(hosts, r.Host) {
				hosts = append(hosts, r.Host)
			}
		}
		if len(hosts) == 0 {
			return fmt.Errorf("no host failed in run %s", run.ID)
		}
		return nil
	})
	return hosts, err
}

// lastOf finds the run that is meant: by its name, or the last that ran one of the playbooks.
func (h *historyView) lastOf(ctx context.Context, ref string, playbooks []string) (history.Run, error) {
	if ref != "" {
		return h.store.Find(ctx, ref)
	}
	runs, err := h.store.Runs(ctx, history.Filter{})
	if err != nil {
		return history.Run{}, err
	}
	wanted := absolute(h.io.dir, playbooks)
	for _, r := range runs {
		if r.Command != "run" && r.Command != "resume" && len(playbooks) > 0 {
			continue
		}
		if len(playbooks) == 0 || slices.ContainsFunc(absolute(r.Dir, r.Playbooks), func(p string) bool { return slices.Contains(wanted, p) }) {
			return r, nil
		}
	}
	return history.Run{}, fmt.Errorf("no run of %s is known", strings.Join(playbooks, ", "))
}

func absolute(dir string, paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		if out[i] = filepath.Clean(p); !filepath.IsAbs(p) {
			out[i] = filepath.Join(dir, p)
		}
	}
	return out
}
