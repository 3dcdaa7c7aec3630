package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/inventory/show"
	"github.com/musterhq/muster/playbook/jinja"
)

// inventoryOptions are the flags of muster inventory: those of ansible-inventory.
type inventoryOptions struct {
	hostFlags
	list, graph, yaml, toml, vars, export bool
	host, output, group                   string
}

func newInventoryCmd(io *streams, runF func(context.Context, *inventoryOptions) error) *cobra.Command {
	o := &inventoryOptions{}
	cmd := &cobra.Command{
		Use:   "inventory [-i INVENTORY] (--list | --host HOST | --graph [GROUP])",
		Short: "Show the inventory",
		Long:  "Show the inventory as muster sees it. The flags and the output are those of ansible-inventory." + exitHelpLocal,
		Example: `  muster inventory -i hosts.ini --graph
  muster inventory -i hosts.ini --host web1
  muster inventory -i hosts.ini --list --yaml`,
		Args: atMostOne("a host or group"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.group = args[0]
			}
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runInventory(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addInventory(fs)
	fs.BoolVar(&o.list, "list", false, "print all groups and hosts")
	fs.StringVar(&o.host, "host", "", "print the variables of one host")
	fs.BoolVar(&o.graph, "graph", false, "print the groups as a tree; a GROUP may follow")
	fs.BoolVarP(&o.yaml, "yaml", "y", false, "YAML instead of JSON")
	fs.BoolVar(&o.toml, "toml", false, "TOML instead of JSON")
	fs.BoolVar(&o.vars, "vars", false, "add variables to the tree")
	fs.BoolVar(&o.export, "export", false, "keep variables with the groups that define them")
	fs.StringVar(&o.playbookDir, "playbook-dir", "", "folder of the playbook, for the group_vars and host_vars beside it")
	fs.StringVar(&o.output, "output", "", "write to this file instead of the screen")
	return cmd
}

func runInventory(ctx context.Context, io *streams, o *inventoryOptions) error {
	chosen := 0
	for _, b := range []bool{o.list, o.graph, o.host != ""} {
		if b {
			chosen++
		}
	}
	switch {
	case chosen == 0:
		return fmt.Errorf("No action selected, at least one of --host, --graph or --list needs to be specified.") //nolint:staticcheck,revive // Ansible's words
	case chosen > 1:
		return fmt.Errorf("Conflicting options used, only one of --host, --graph or --list can be used at the same time.") //nolint:staticcheck,revive // Ansible's words
	case o.toml && o.yaml:
		return fmt.Errorf("--yaml and --toml exclude each other")
	}
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	inv, err := w.loadInventory(ctx)
	if err != nil {
		return err
	}
	text, err := o.render(w, inv)
	if err != nil {
		return err
	}
	if o.output != "" {
		return os.WriteFile(o.output, []byte(text), 0o600)
	}
	fmt.Fprint(io.out, strings.TrimSuffix(text, "\n")+"\n")
	return nil
}

func (o *inventoryOptions) render(w *workbench, inv *inventory.Inventory) (string, error) {
	opts := show.Options{Export: o.export || w.settings.InventoryExport, YAML: o.yaml, TOML: o.toml, Vars: o.vars, Dir: w.io.dir, Extra: w.extra, Decrypt: w.secrets.Decrypt}
	if dir := orElse(o.playbookDir, w.settings.PlaybookDir); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		opts.PlaybookDir = abs
	}
	switch {
	case o.host != "":
		hosts, found := inv.Match(o.host)
		if err := showWarnings(w.io, found); err != nil {
			return "", err
		}
		if len(hosts) != 1 {
			return "", fmt.Errorf("You must pass a single valid host to --host parameter") //nolint:staticcheck // Ansible's words
		}
		return show.Host(inv, hosts[0], opts)
	case o.graph:
		return show.Graph(inv, orElse(o.group, "all"), opts)
	default:
		return show.List(inv, opts)
	}
}

// evaluate renders a template of a constructed inventory.
func (w *workbench) evaluate(template string, vars *value.Dict) (any, error) {
	return w.engine.Render(&jinja.Context{Scope: staticScope{vars: vars}, Decrypt: w.decryptValue}, value.Template{Src: template})
}
