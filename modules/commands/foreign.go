package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// ForeignName is the name under which the executor calls a user's own module.
const ForeignName = "_foreign"

// ForeignParams are what the executor makes of a task that names a user's own module.
type ForeignParams struct {
	Name        string     `param:"name,hidden"`
	Interpreter string     `param:"interpreter,hidden"`      // with its options; empty runs the file itself
	Arguments   string     `param:"arguments,hidden,secret"` // what the file of arguments holds
	Content     contentRef `param:"_content,hidden"`
}

// Foreign runs a module that a user wrote in any language but Python: the file and a file with its arguments are put into a
// private folder, and the module prints a JSON object as its result.
func Foreign() modules.Module {
	return modules.Action[ForeignParams, foreignRun]{
		Info: modules.Info{
			Name: ForeignName, Summary: "Run a module of the user's own.", Undo: modules.UndoNone, Hidden: true, Private: true,
			Notes: "The executor calls it; a playbook cannot.",
		},
		// In check mode the executor sends only modules that say they know it, so it is no different.
		Preview: nil,
		Run: func(ctx context.Context, s sys.System, p ForeignParams) (foreignRun, bool, error) {
			r, err := p.run(ctx, s)
			return r, r.changed(), err
		},
		Report: func(_ ForeignParams, r foreignRun) modules.Result { return r.result },
	}.Module()
}

// foreignRun is what became of a user's module.
type foreignRun struct{ result modules.Result }

func (r foreignRun) changed() bool { return r.result.Changed() }

func (p ForeignParams) run(ctx context.Context, s sys.System) (r foreignRun, err error) {
	script := ScriptParams{Cmd: p.Name, Basename: path.Base(p.Name), Executable: p.Interpreter, Content: p.Content}
	dir, file, err := script.install(ctx, s)
	if dir != "" {
		defer func() {
			if removeErr := s.RemoveAll(dir); err == nil && removeErr != nil {
				err = fmt.Errorf("remove the module: %w", removeErr)
			}
		}()
	}
	if err != nil {
		return r, err
	}
	arguments := path.Join(dir, "args")
	if err := s.WriteFile(arguments, strings.NewReader(p.Arguments), sys.WriteOptions{Perm: 0o600, UID: -1, GID: -1}); err != nil {
		return r, fmt.Errorf("write the arguments: %w", err)
	}
	argv := []string{file, arguments}
	if p.Interpreter != "" {
		words, err := shlex.Split(p.Interpreter)
		if err != nil {
			return r, fmt.Errorf("the first line of %s: %w", p.Name, err)
		}
		argv = append(words, argv...)
	}
	e, err := execute(ctx, s, argv, sys.Command{Argv: argv})
	if err != nil {
		return r, err
	}
	return foreignRun{p.answer(e.out)}, nil
}

// answer reads a module's result from what it printed.
func (p ForeignParams) answer(out sys.Output) modules.Result {
	res, ok := printedObject(out.Stdout)
	if !ok {
		return modules.Result{
			"failed": true, "changed": false, "rc": out.Code, "msg": "MODULE FAILURE\nSee stdout/stderr for the exact error",
			"module_stdout": string(out.Stdout), "module_stderr": string(out.Stderr),
		}
	}
	return res
}

// printedObject is the JSON object in a module's output; lines before and after it do not count.
func printedObject(text []byte) (modules.Result, bool) {
	for start := 0; ; start++ {
		next := bytes.IndexByte(text[start:], '{')
		if next < 0 {
			return nil, false
		}
		start += next
		if start > 0 && text[start-1] != '\n' && len(bytes.TrimSpace(text[bytes.LastIndexByte(text[:start], '\n')+1:start])) > 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(text[start:]))
		d.UseNumber()
		var res map[string]any
		if d.Decode(&res) == nil {
			return plainNumbers(res).(map[string]any), true
		}
	}
}

// plainNumbers turns numbers as they were written into Go's.
func plainNumbers(v any) any {
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		f, err := x.Float64()
		if err != nil {
			return x.String()
		}
		return f
	case map[string]any:
		for k, item := range x {
			x[k] = plainNumbers(item)
		}
	case []any:
		for i, item := range x {
			x[i] = plainNumbers(item)
		}
	}
	return v
}
