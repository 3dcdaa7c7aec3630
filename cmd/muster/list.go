package main

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/playbook"
)

// list prints hosts, tasks or tags of playbooks, as ansible-playbook's --list-… do.
func (w *workbench) list(ctx context.Context, books []*playbook.Playbook, o *runOptions, tags, skip []string) error {
	opts, err := w.options(ctx)
	if err != nil {
		return err
	}
	opts.Tags, opts.SkipTags = tags, skip
	opts.Sink = w.textView(view.FormJSON)
	x := executor.New(opts)
	for _, b := range books {
		fmt.Fprintf(w.io.out, "\nplaybook: %s\n", b.File)
		for i, p := range b.Plays {
			if err := w.listPlay(x, p, i+1, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *workbench) listPlay(x *executor.Executor, p *playbook.Play, number int, o *runOptions) error {
	info, err := x.Describe(p)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.io.out, "\n  play #%d (%s): %s\tTAGS: [%s]\n", number, strings.Join(info.Patterns, ","), info.Name, strings.Join(info.Tags, ","))
	if o.listHosts {
		patterns := value.NewList()
		for _, p := range info.Patterns {
			patterns.Items = append(patterns.Items, p)
		}
		fmt.Fprintf(w.io.out, "    pattern: %s\n    hosts (%d):\n", value.Repr(patterns), len(info.Hosts))
		for _, h := range info.Hosts {
			fmt.Fprintf(w.io.out, "      %s\n", h)
		}
	}
	if o.listTasks {
		fmt.Fprintln(w.io.out, "    tasks:")
		for _, t := range info.Tasks {
			fmt.Fprintf(w.io.out, "      %s\tTAGS: [%s]\n", t.Name, strings.Join(t.Tags, ", "))
		}
	}
	if o.listTags {
		seen := map[string]bool{}
		var all []string
		for _, tag := range info.Tags {
			if !seen[tag] {
				seen[tag] = true
				all = append(all, tag)
			}
		}
		for _, t := range info.Tasks {
			for _, tag := range t.Tags {
				if !seen[tag] {
					seen[tag] = true
					all = append(all, tag)
				}
			}
		}
		sort.Strings(all)
		fmt.Fprintf(w.io.out, "      TASK TAGS: [%s]\n", strings.Join(all, ", "))
	}
	return nil
}
