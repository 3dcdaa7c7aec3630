package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/evaljson"
)

// evalOptions are the flags of muster eval.
type evalOptions struct {
	hostFlags
	template, jsonl bool
}

func newEvalCmd(io *streams) *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval [-i INVENTORY -l HOST] [-e VARS] [--template] EXPRESSION",
		Short: "Evaluate an expression or template and print its value",
		Long: `Evaluate an expression, as it stands in when: or between {{ and }}, with the variables of a host and of -e.
With --jsonl, cases are read from standard input, one JSON object a line with id, kind (expr or tmpl), src, raw and
optionally vars; each is answered with a line {"id", "ok", "repr"} or {"id", "ok": false, "err", "msg"}.
Templates that are included are looked for in the working folder and in its folder templates.` + exitHelpLocal,
		Example: `  muster eval '[1, 2, 3] | map("pow", 2) | list'
  muster eval -i hosts.ini -l web1 'ansible_host | default(inventory_hostname)'
  muster eval -e name=world --template 'Hello {{ name }}'`,
		Args: atMostOne("an expression"),
		RunE: func(cmd *cobra.Command, args []string) error { return runEval(cmd.Context(), io, o, args) },
	}
	fs := cmd.Flags()
	o.addInventory(fs)
	o.addLimit(fs)
	fs.BoolVar(&o.template, "template", false, "the argument is a whole template")
	fs.BoolVar(&o.jsonl, "jsonl", false, "read cases from standard input")
	return cmd
}

func runEval(ctx context.Context, io *streams, o *evalOptions, args []string) error {
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	if !o.jsonl && len(args) == 0 {
		return fmt.Errorf("an expression is missing: muster eval 'EXPRESSION'")
	}
	ofHost := o.limit != "" || len(o.inventory) > 0
	c, err := w.evalContext(ctx, o)
	if err != nil {
		return err
	}
	if o.jsonl {
		if !ofHost {
			c.Scope = nil
		}
		return (&evaljson.Runner{Engine: w.engine, Vars: w.extra, Context: *c}).Run(io.in, io.out)
	}
	pos := diag.Pos{File: "<expression>", Line: 1, Col: 1}
	var v any
	if o.template {
		v, err = w.engine.Render(c, playbook.Trusted(args[0], pos))
	} else {
		v, err = w.engine.Expr(c, args[0], pos)
	}
	if err == nil {
		v, err = w.engine.Render(c, v)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(io.out, printed(v))
	return nil
}

// printed is text as it is, anything else as JSON.
func printed(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	two := 2
	text, err := value.JSON(v, value.JSONOptions{Indent: &two, KeepUnicode: true})
	if err != nil {
		return value.Repr(v)
	}
	return text
}

// evalContext holds the variables of the host named by --limit, or only the extra ones.
func (w *workbench) evalContext(ctx context.Context, o *evalOptions) (*jinja.Context, error) {
	if len(o.inventory) == 0 && o.limit == "" {
		o.inventory = []string{"localhost,"}
	}
	inv, err := w.loadInventory(ctx)
	if err != nil {
		return nil, err
	}
	host := "localhost"
	if o.limit != "" {
		hosts, found := inv.Match(o.limit)
		if err := showWarnings(w.io, found); err != nil {
			return nil, err
		}
		if len(hosts) != 1 {
			return nil, fmt.Errorf("--limit %s matches %d hosts; name one", o.limit, len(hosts))
		}
		host = hosts[0].Name
	}
	opts, err := w.options(ctx)
	if err != nil {
		return nil, err
	}
	return executor.New(opts).HostContext(ctx, host, w.io.dir), nil
}
