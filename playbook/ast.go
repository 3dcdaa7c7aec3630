// Package playbook is the language: plays, blocks, tasks and roles read from YAML with the place of everything,
// checked and with its static parts (imports, roles) put in. It executes nothing.
package playbook

import (
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Playbook is what one command line names: the plays of all its files, in order.
type Playbook struct {
	File  string
	Plays []*Play
}

// Attr is the value of a keyword and where it was written. Values are as in the file: templates are not rendered.
type Attr struct {
	Value any
	Pos   diag.Pos
}

// Attrs holds the keywords given on a play, block or task; a keyword that was not given is absent.
type Attrs map[string]Attr

// Get returns the value of a keyword, nil when it was not given.
func (a Attrs) Get(keyword string) any { return a[keyword].Value }

// Has reports whether the keyword was given.
func (a Attrs) Has(keyword string) bool { _, ok := a[keyword]; return ok }

// Cond is one condition of when, until, changed_when or failed_when.
type Cond struct {
	Value any // bool, string (an expression) or value.Template
	Pos   diag.Pos
}

// Node is a member of a list of tasks: a *Task or a *Block.
type Node interface{ node() }

// Play maps hosts to work.
type Play struct {
	Attrs
	Pos        diag.Pos
	File       string // the playbook's file
	Dir        string // its folder: playbook_dir
	Hosts      any
	VarsFiles  []Attr
	VarsPrompt []Prompt
	When       []Cond // of the import_playbook that brought the play
	Roles      []*Role
	Imported   []*Role // by import_role: the whole play sees their variables
	PreTasks   []Node
	Tasks      []Node
	PostTasks  []Node
	Handlers   []Node
	Gate       Gate
	Restore    []Node    // runs on every host that the play has begun on, however its batch ended
	Rollback   *Rollback // nil when the play says nothing about it
	Needs      []Attr    // names of plays; nil when the play comes after all before it
	Root       *Block    // the block that every top-level task of the play has for a parent; carries the play's vars
}

// Name is the play's name as written; nil without one.
func (p *Play) Name() any { return p.Get("name") }

// Prompt is one entry of vars_prompt.
type Prompt struct {
	Name      string
	Text      string
	Default   any
	Private   bool
	Confirm   bool
	Encrypt   string
	Salt      string
	SaltSize  int
	Unsafe    bool
	Pos       diag.Pos
	HasPrompt bool
}

// Block groups nodes under common keywords, with rescue and always. Included and imported files, roles and plays
// become blocks too, so that everything a task inherits lies on its chain of parents.
type Block struct {
	Attrs
	Pos    diag.Pos
	Parent *Block
	Play   *Play
	Role   *Role // the role that the block belongs to, nil outside roles
	Vars   *value.Dict
	When   []Cond
	Tags   []Attr
	Body   []Node
	Rescue []Node
	Always []Node
	// Confirm is the task that muster adds to a block with confirm:, after all others; nil without.
	Confirm *Task
	// Rollback makes up for what the block's tasks changed and has no inverse.
	Rollback []Node
	// Include is set on the block that stands in for an included or imported file or role: its variables have the
	// precedence of include parameters.
	Include bool
	// Computed says that the variables were made while the play ran, so that their text may come from a host.
	Computed bool
	Static   bool // the block came from an import or is the play's or a role's own
	File     string
}

func (*Block) node() {}

// Loop says how a task repeats.
type Loop struct {
	Value    any    // the list, or the terms of the lookup
	Lookup   string // "" for `loop:`; items for with_items, and so on
	Pos      diag.Pos
	Var      any // loop_control.loop_var; nil means item
	IndexVar any
	Label    any
	Pause    any
	Extended any
	AllItems any // extended_allitems
	// BreakWhen ends the loop after an item for which all of it holds.
	BreakWhen []Cond
}

// Task is one action.
type Task struct {
	Attrs
	Pos         diag.Pos
	Parent      *Block
	Action      string   // the module's name as written, local_action resolved
	ActionPos   diag.Pos // where the name stands
	Args        *value.Dict
	ArgsExpr    any // `args: "{{ expression }}"`, merged under Args when the task runs
	Vars        *value.Dict
	When        []Cond
	Tags        []Attr
	Loop        *Loop
	Until       []Cond
	ChangedWhen []Cond
	FailedWhen  []Cond
	Notify      []Attr
	Listen      []string
	Rollback    []Node // make up for a change that has no inverse
	Handler     bool
	File        string // the file that the task stands in
}

func (*Task) node() {}

// RawParams is the key of Args that holds free-form text.
const RawParams = "_raw_params"

// Name is the task's name as written; nil without one.
func (t *Task) Name() any { return t.Get("name") }

// Role returns the role that the task belongs to, nil outside roles.
func (t *Task) Role() *Role {
	if t.Parent == nil {
		return nil
	}
	return t.Parent.Role
}

// Play returns the play that the task belongs to.
func (t *Task) Play() *Play {
	if t.Parent == nil {
		return nil
	}
	return t.Parent.Play
}

// Inherit returns the nearest value of a keyword, from the task outwards to the play.
func (t *Task) Inherit(keyword string) (Attr, bool) {
	if a, ok := t.Attrs[keyword]; ok {
		return a, true
	}
	return t.Parent.Inherit(keyword)
}

// Inherit returns the nearest value of a keyword, from the block outwards to the play.
func (b *Block) Inherit(keyword string) (Attr, bool) {
	for ; b != nil; b = b.Parent {
		if a, ok := b.Attrs[keyword]; ok {
			return a, true
		}
	}
	return Attr{}, false
}

// InheritAll returns every value of a keyword that is combined instead of replaced (environment, module_defaults,
// notify), the play's first.
func (t *Task) InheritAll(keyword string) []Attr {
	var found []Attr
	if a, ok := t.Attrs[keyword]; ok {
		found = append(found, a)
	}
	for b := t.Parent; b != nil; b = b.Parent {
		if a, ok := b.Attrs[keyword]; ok {
			found = append(found, a)
		}
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	return found
}

// Conditions returns the conditions that must hold for the task to run, in the order in which Ansible looks at them:
// the outermost block's first, the task's own last.
func (t *Task) Conditions() []Cond {
	return append(t.Parent.Conditions(), t.When...)
}

// Conditions returns the conditions of the block and of everything around it, the outermost first.
func (b *Block) Conditions() []Cond {
	if b == nil {
		return nil
	}
	return append(b.Parent.Conditions(), b.When...)
}

// AllTags returns the tags of the task and of everything around it.
func (t *Task) AllTags() []Attr {
	all := append([]Attr(nil), t.Tags...)
	for b := t.Parent; b != nil; b = b.Parent {
		all = append(all, b.Tags...)
	}
	return all
}
