// Command library shows how a Go program runs a playbook: it prints one line for each change and ends with the exit code
// of the run. The program muster must be in PATH.
//
//	go run ./examples/library -i hosts.ini site.yml
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/event"
)

func main() {
	inventory := flag.String("i", "", "inventory")
	check := flag.Bool("check", false, "change nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, err := muster.Run(ctx, muster.Options{
		Playbooks: flag.Args(), Inventory: []string{*inventory}, Check: *check,
		Events: func(e event.Event) {
			switch e := e.(type) {
			case event.TaskStart:
				fmt.Printf("%s\n", e.Name)
			case event.TaskResult:
				if e.Status != event.OK && e.Status != event.Skipped {
					fmt.Printf("  %s: %s\n", e.Host, e.Status)
				}
			}
		},
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}
