package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/playbook"
)

// factsOptions are the flags of muster facts.
type factsOptions struct {
	execOptions
	subset string
	filter []string
	json   bool
}

func newFactsCmd(io *streams) *cobra.Command {
	o := &factsOptions{}
	cmd := &cobra.Command{
		Use:   "facts [-i INVENTORY] PATTERN [FACT...]",
		Short: "Gather facts of hosts and print them",
		Long: `Gather facts of the hosts that match a pattern and print them by host and name. FACT limits what is printed; it may
hold wildcards, and the prefix ansible_ may be left out.` + exitHelpHosts,
		Example: `  muster facts -i hosts.ini web1
  muster facts -i hosts.ini all distribution distribution_version
  muster facts -i hosts.ini db --subset hardware 'mem*' --json`,
		Args: someWords("a pattern of hosts"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.pattern, o.filter = args[0], args[1:]
			return runFacts(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addHosts(fs)
	fs.StringVar(&o.subset, "subset", "", "what to gather, separated by commas: all, min, hardware, network, virtual, …, !NAME")
	fs.BoolVar(&o.json, "json", false, "print one JSON object: facts by host")
	return cmd
}

func runFacts(ctx context.Context, io *streams, o *factsOptions) error {
	for _, f := range o.filter {
		if _, err := path.Match(f, ""); err != nil {
			return fmt.Errorf("%q is no pattern of facts: %w", f, err)
		}
	}
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	hosts, err := w.execHosts(ctx, &o.execOptions)
	if err != nil {
		return err
	}
	if len(hosts) == 0 {
		return errNoHosts
	}
	o.module = "setup"
	if o.subset != "" {
		o.args = "gather_subset=" + o.subset
	}
	book, err := w.adHoc(&o.execOptions)
	if err != nil {
		return err
	}
	opts, err := w.options(ctx)
	if err != nil {
		return err
	}
	collected := &factSink{hosts: map[string]map[string]any{}, errors: view.NewMinimal(w.textView(view.FormJSON), false)}
	opts.Sink = collected
	err = w.perform(ctx, "facts", opts, []*playbook.Playbook{book})
	if printErr := collected.print(io, o); printErr != nil {
		return printErr
	}
	return err
}

// factSink keeps the facts of hosts, and shows everything that is none.
type factSink struct {
	mu     sync.Mutex
	hosts  map[string]map[string]any
	errors event.Sink
}

// Handle takes an event.
func (s *factSink) Handle(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r := e.(type) {
	case event.TaskResult:
		if facts, ok := r.Result["ansible_facts"].(map[string]any); ok && r.Status != event.Failed && r.Status != event.Unreachable {
			s.hosts[r.Host] = facts
			return
		}
		s.errors.Handle(e)
	case event.Message:
		s.errors.Handle(e)
	}
}

// print writes the facts that were asked for.
func (s *factSink) print(io *streams, o *factsOptions) error {
	out := map[string]map[string]any{}
	for host, facts := range s.hosts {
		out[host] = map[string]any{}
		for name, v := range facts {
			if wantsFact(name, o.filter) {
				out[host][name] = v
			}
		}
	}
	if o.json {
		enc := json.NewEncoder(io.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(out)
	}
	for i, host := range slices.Sorted(maps.Keys(out)) {
		if i > 0 {
			fmt.Fprintln(io.out)
		}
		fmt.Fprintf(io.out, "%s:\n", host)
		for _, name := range slices.Sorted(maps.Keys(out[host])) {
			fmt.Fprintf(io.out, "  %s: %s\n", name, variableText(out[host][name]))
		}
	}
	return nil
}

func wantsFact(name string, filter []string) bool {
	if len(filter) == 0 {
		return true
	}
	return slices.ContainsFunc(filter, func(f string) bool {
		long, _ := path.Match(f, name)
		short, _ := path.Match(f, strings.TrimPrefix(name, "ansible_"))
		return long || short
	})
}
