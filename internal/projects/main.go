// Command projects runs public roles and projects, unmodified, through Ansible and through muster, each twice on a fresh
// host of the lab, and compares the recaps, what became of every task, and everything that the runs left on the host's disk.
//
// The projects are listed in projects.yml; their checkouts are not part of this repository. With -dir it runs
// one folder of your own instead, whose site.yml it plays.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// options are the flags.
type options struct {
	src         string
	dir         string
	only        string
	collections string
	lab         string
	muster      string
	work        string
	doc         string
	limit       time.Duration
	check       bool
	rollback    bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	same, err := run(ctx, readFlags(), os.Stdout, os.Stderr)
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "projects:", err)
		os.Exit(1)
	}
	if !same {
		stop()
		os.Exit(2)
	}
}

func readFlags() options {
	var o options
	flag.StringVar(&o.src, "src", "", "the folder that holds the checkouts of the listed projects, each under its own name")
	flag.StringVar(&o.dir, "dir", "", "run site.yml of this folder instead of the listed projects")
	flag.StringVar(&o.only, "only", "", "only these projects, separated by commas")
	flag.StringVar(&o.collections, "collections", "", "where Ansible finds collections (ansible_collections of Debian's ansible), beside its own places")
	flag.StringVar(&o.lab, "lab", "lab/lab", "the script that boots hosts")
	flag.StringVar(&o.muster, "muster", "", "this program instead of one built from the sources")
	flag.StringVar(&o.work, "work", "", "keep everything in this folder, which must not exist; by default a temporary one")
	flag.StringVar(&o.doc, "doc", "", "write the page about the projects to this file; all of them must be run")
	flag.DurationVar(&o.limit, "limit", 30*time.Minute, "how long one run may take")
	flag.BoolVar(&o.check, "check", false, "before the two runs, compare one in check mode")
	flag.BoolVar(&o.rollback, "rollback", false, "after muster's runs, undo them and say what differs from a fresh host")
	flag.Parse()
	return o
}

// run compares the chosen projects and says whether they are all the same.
func run(ctx context.Context, o options, out, progress io.Writer) (bool, error) {
	list, err := choose(o)
	if err != nil {
		return false, err
	}
	if err := prepare(ctx, &o, progress); err != nil {
		return false, err
	}
	same := true
	var results []result
	for _, p := range list {
		fmt.Fprintf(progress, "%s\n", p.Name)
		r, err := compareProject(ctx, o, p, progress)
		if err != nil {
			return false, fmt.Errorf("%s: %w", p.Name, err)
		}
		r.print(out)
		same = same && r.same()
		results = append(results, r)
	}
	fmt.Fprintf(progress, "everything is in %s\n", o.work)
	if o.doc == "" {
		return same, nil
	}
	if o.only != "" || o.dir != "" {
		return same, fmt.Errorf("-doc is for a run of all projects")
	}
	return same, os.WriteFile(o.doc, []byte(page(results)), 0o644)
}

// prepare makes the folder for everything and builds muster.
func prepare(ctx context.Context, o *options, progress io.Writer) (err error) {
	if o.work == "" {
		if o.work, err = os.MkdirTemp("", "muster-projects-"); err != nil {
			return err
		}
	} else if err := os.Mkdir(o.work, 0o755); err != nil {
		return err
	}
	for _, path := range []*string{&o.work, &o.lab, &o.muster, &o.collections, &o.src} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if o.muster != "" {
		return nil
	}
	o.muster = filepath.Join(o.work, "muster")
	return command(ctx, progress, "go", "build", "-o", o.muster, "github.com/musterhq/muster/cmd/muster")
}
