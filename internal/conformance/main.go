// Command conformance runs Ansible's own integration targets, from a checkout of its sources, against muster and prints
// a table: what Ansible does with a target, what muster does, and for a failure the first task that failed.
//
// Targets marked "system" in targets.txt change the machine they run on (accounts, packages, crontabs). With -lab, everything
// runs on a throw-away host of the lab; without it they run only when -system says so.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	src     string
	only    string
	area    string
	jobs    int
	limit   time.Duration
	out     string
	work    string
	muster  string
	system  bool
	verbose bool
	lab     string // the lab's script; "" runs the targets here
	results string // where the results go for whoever started this program on a host of the lab
	doc     string // where docs/compatibility.md goes; "" when it is not written
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o := readFlags()
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func readFlags() options {
	var o options
	flag.StringVar(&o.src, "src", "", "a checkout of github.com/ansible/ansible (required)")
	flag.StringVar(&o.only, "only", "", "only these targets, separated by commas")
	flag.StringVar(&o.area, "area", "", "only targets of these areas, separated by commas (lang, filter/test, lookup, inventory, conn, module)")
	flag.IntVar(&o.jobs, "jobs", 2, "targets to run at once")
	flag.DurationVar(&o.limit, "limit", 5*time.Minute, "how long a target may take")
	flag.StringVar(&o.out, "out", "", "write the table to this file too")
	flag.StringVar(&o.work, "work", "", "keep everything in this folder, which must not exist; by default a temporary one")
	flag.StringVar(&o.muster, "muster", "", "this program instead of one built from the sources")
	flag.BoolVar(&o.system, "system", false, "run targets that change this machine")
	flag.StringVar(&o.lab, "lab", "", "run everything on a host of the lab, which this script boots (lab/lab)")
	flag.StringVar(&o.results, "results", "", "write the results to this file as JSON")
	flag.StringVar(&o.doc, "doc", "", "write the page about compatibility to this file; all targets must be run")
	flag.BoolVar(&o.verbose, "v", false, "print each target's output as it ends")
	flag.Parse()
	return o
}

// run stages everything, runs the chosen targets and prints the table.
func run(ctx context.Context, o options, out, progress io.Writer) error {
	if o.src == "" {
		return fmt.Errorf("say with -src where Ansible's sources are: git clone https://github.com/ansible/ansible, then -src ansible")
	}
	targets, err := readTargets(targetList)
	if err != nil {
		return err
	}
	if targets, err = choose(targets, o.only, o.area); err != nil {
		return err
	}
	if o.doc != "" && (o.only != "" || o.area != "") {
		return fmt.Errorf("the page about compatibility needs a run of all targets, without -only and -area")
	}
	results, err := execute(ctx, o, targets, progress)
	if err != nil {
		return err
	}
	return publish(o, results, out)
}

// execute runs the targets here or on a host of the lab.
func execute(ctx context.Context, o options, targets []target, progress io.Writer) ([]result, error) {
	if o.lab != "" {
		return inLab(ctx, o, progress)
	}
	s, err := newStage(ctx, o, progress)
	if err != nil {
		return nil, err
	}
	results := s.runAll(ctx, targets, func(r result) {
		fmt.Fprintf(progress, "%-32s %-14s %s\n", r.target.name, r.verdict, r.took.Round(100*time.Millisecond))
		if o.verbose {
			fmt.Fprintln(progress, r.output)
		}
	})
	fmt.Fprintf(progress, "\nthe output of each target: %s\n", filepath.Join(s.dir, "logs"))
	return results, nil
}

// publish prints the table and writes the files that were asked for.
func publish(o options, results []result, out io.Writer) error {
	table := report(results)
	fmt.Fprint(out, table)
	files := map[string]func() ([]byte, error){
		o.out:     func() ([]byte, error) { return []byte(table), nil },
		o.results: func() ([]byte, error) { return json.Marshal(toRecords(results)) },
		o.doc:     func() ([]byte, error) { return compatibility(o.src, results) },
	}
	delete(files, "")
	for path, content := range files {
		text, err := content()
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// choose filters targets by name and area. A name that is no target is an error.
func choose(all []target, only, area string) ([]target, error) {
	names, areas := commaSet(only), commaSet(area)
	unknown := commaSet(only)
	var chosen []target
	for _, t := range all {
		if (len(names) == 0 || names[t.name]) && (len(areas) == 0 || areas[t.area]) {
			chosen = append(chosen, t)
		}
		delete(unknown, t.name)
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("no such target: %s (targets.txt lists them)", strings.Join(sorted(unknown), ", "))
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no target is left to run")
	}
	return chosen, nil
}
