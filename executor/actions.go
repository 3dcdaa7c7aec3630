package executor

import (
	"context"
	"sort"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
)

// action is an action with work on the controller. Modules that are not in the table run wholly on the host.
type action struct {
	// local does all of the work; nil when the host does it.
	local func(ctx context.Context, c *call) *itemResult
	// prepare does the controller's half before the host's; a result instead of a prepared call ends the item.
	prepare func(ctx context.Context, c *call) (*prepared, *itemResult)
	// raw names arguments that the action renders itself.
	raw []string
	// freeForm allows text without key=.
	freeForm bool
	// options may stand as key=value among free text; nil splits all of it.
	options []string
}

func (a *action) keeps(arg string) bool {
	for _, r := range a.raw {
		if r == arg {
			return true
		}
	}
	return false
}

// actionOf returns the controller's work for an action, by its short name; nil where the host does all of it.
func actionOf(name string) *action {
	if _, ok := managers[name]; ok {
		return &action{prepare: prepareManaged} // it asks for other actions, so that the table cannot hold it
	}
	return actionTable[name]
}

// actionTable lists the actions with work on the controller by their short names.
var actionTable = map[string]*action{
	"add_host":               {local: addHost, freeForm: true},
	"assert":                 {local: assertThat, raw: []string{"that"}},
	"debug":                  {local: debug, raw: []string{"var"}},
	"fail":                   {local: fail},
	"group_by":               {local: groupBy, freeForm: true},
	"include":                {local: includeTasks, raw: []string{"apply"}, freeForm: true},
	"include_role":           {local: includeRole, raw: []string{"apply"}, freeForm: true},
	"include_tasks":          {local: includeTasks, raw: []string{"apply"}, freeForm: true},
	"include_vars":           {local: includeVars, freeForm: true},
	"import_role":            {freeForm: true},
	"import_tasks":           {freeForm: true},
	"meta":                   {freeForm: true},
	playbook.ConfirmAction:   {local: confirmBlock},
	"pause":                  {local: pause},
	"reboot":                 {local: reboot},
	"raw":                    {local: raw, freeForm: true, options: []string{"executable"}},
	"set_fact":               {local: setFact, freeForm: true},
	"set_stats":              {local: setStats},
	"validate_argument_spec": {local: validateArguments, raw: []string{"argument_spec"}},
	"wait_for_connection":    {local: waitForConnection},

	"assemble":     {prepare: prepareAssemble},
	"async_status": {prepare: prepareAsyncStatus},
	"copy":         {prepare: prepareCopy},
	"fetch":        {local: fetch},
	"gather_facts": {prepare: prepareGather},
	"script":       {prepare: prepareScript, freeForm: true, options: []string{"creates", "removes", "chdir", "executable", "cmd"}},
	"template":     {prepare: prepareTemplate},
	"synchronize":  {local: synchronize},
	"unarchive":    {prepare: prepareUnarchive},
	"uri":          {prepare: prepareURI},

	"command": {prepare: prepareCommand, freeForm: true, options: commandOptions},
	"shell":   {prepare: prepareCommand, freeForm: true, options: commandOptions},
}

// commandOptions may stand among a command's words.
var commandOptions = []string{"creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline", "strip_empty_ends"}

// ActionNames lists every action: the controller's and the modules'.
func ActionNames(r *modules.Registry) []string {
	names := r.Names()
	for n := range actionTable {
		if n == playbook.ConfirmAction {
			continue // nobody writes it
		}
		if _, ok := r.Get(n); !ok {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	return names
}

// Actions tells the loader of playbooks which actions there are.
type Actions struct{ Registry *modules.Registry }

// Known reports whether the action exists, under its short or its full name.
func (a Actions) Known(name string) bool {
	short := playbook.ShortName(name)
	if actionOf(short) != nil {
		return true
	}
	if _, ok := a.Registry.Get(short); ok {
		return true
	}
	_, ok := a.covered(name)
	return ok
}

// Short returns the name under which muster knows an action.
func (a Actions) Short(name string) string {
	short, _ := a.covered(name)
	return short
}

// covered finds the short name of a module that another collection brought in.
func (a Actions) covered(name string) (string, bool) {
	x := &Executor{o: Options{Modules: a.Registry}}
	short := x.resolveAction(name)
	return short, short != name
}

// FreeForm reports whether `name: free text` is allowed.
func (a Actions) FreeForm(name string) bool {
	short := playbook.ShortName(name)
	if s := actionOf(short); s != nil {
		return s.freeForm
	}
	m, ok := a.Registry.Get(short)
	return ok && m.Info().FreeForm != ""
}

// RawOptions returns the options that may stand among an action's free text.
func (a Actions) RawOptions(name string) []string {
	if s := actionOf(playbook.ShortName(name)); s != nil {
		return s.options
	}
	return nil
}

// Names lists all names, for suggestions.
func (a Actions) Names() []string { return ActionNames(a.Registry) }
