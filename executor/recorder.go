package executor

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// Recorder keeps what a later rollback needs to know of a run and the journals of hosts do not tell. Record may be called
// concurrently.
type Recorder interface {
	Record(r Record) error
}

// The kinds of records.
const (
	RecordRun     = "run"     // opens the record
	RecordBatch   = "batch"   // a play on a batch of hosts begins
	RecordChange  = "change"  // journal entries were made
	RecordMade    = "made"    // rollback handlers were registered
	RecordHandler = "handler" // what a handler of the play does on a host
	RecordNotify  = "notify"  // changes asked for a handler of the play
	RecordRan     = "ran"     // a handler of the play runs
	RecordQuiet   = "quiet"   // the task says that it changed nothing
	RecordUndone  = "undone"  // deeds were taken back
	RecordEnd     = "end"     // the run is over, and every request of it was answered
)

// Record is one line of what a run did. Which fields count depends on the kind.
type Record struct {
	Kind string    `json:"kind"`
	Time time.Time `json:"time,omitzero"`

	Run   string   `json:"run,omitempty"`
	Play  int      `json:"play,omitempty"` // the number of the play's start, one for each batch
	Name  string   `json:"name,omitempty"` // of the play, the task or the handler
	Batch int      `json:"batch,omitempty"`
	Of    int      `json:"batches,omitempty"`
	Hosts []string `json:"hosts,omitempty"` // of the batch
	Dir   string   `json:"dir,omitempty"`   // the playbook's folder

	Seq     int      `json:"seq,omitempty"` // the deed's place in the run
	Seqs    []int    `json:"seqs,omitempty"`
	Host    string   `json:"host,omitempty"` // for which it was done
	At      string   `json:"at,omitempty"`   // where, when that is another host
	User    string   `json:"user,omitempty"` // whom the task became
	Method  string   `json:"method,omitempty"`
	Section int      `json:"section,omitempty"`
	Task    int      `json:"task,omitempty"`
	Module  string   `json:"module,omitempty"`
	What    string   `json:"what,omitempty"`
	Entries []string `json:"entries,omitempty"`
	Lasting bool     `json:"lasting,omitempty"`
	Covered bool     `json:"covered,omitempty"` // rollback handlers stand for it
	ByPlay  string   `json:"by_play,omitempty"` // the place of the handler of the play that did it

	Key      string         `json:"key,omitempty"`      // the same for the same handlers on other hosts
	Tasks    string         `json:"tasks,omitempty"`    // YAML, as written in the playbook
	File     string         `json:"file,omitempty"`     // that they were written in
	Vars     map[string]any `json:"vars,omitempty"`     // as they were rendered then
	Withheld []string       `json:"withheld,omitempty"` // variables that are not kept because they may be secret
	Refused  string         `json:"refused,omitempty"`  // why the tasks themselves are not kept
	Facts    bool           `json:"facts,omitempty"`    // those of the host were known
}

// keeper writes the record of a run. The first error is told, once; the run goes on.
type keeper struct {
	x *Executor

	mu       sync.Mutex
	begun    bool
	lost     bool // a request was not answered: a host may have changed without anybody knowing
	batches  map[*playRun]bool
	handlers map[handlerKey]bool
	failed   bool
}

type handlerKey struct {
	host    *hostState
	handler *handler
}

func (k *keeper) write(r Record) {
	if k.x.o.Recorder == nil || k.x.o.Check {
		return
	}
	if err := k.x.o.Recorder.Record(r); err != nil {
		k.mu.Lock()
		first := !k.failed
		k.failed = true
		k.mu.Unlock()
		if first {
			k.x.warn("what a later `muster rollback` needs to know cannot be kept: %v", err)
		}
	}
}

// open writes what comes before the first deed of a batch: which hosts may hold changes that nobody answered for.
func (k *keeper) open(p *playRun) {
	k.mu.Lock()
	run, batch := !k.begun, !k.batches[p]
	k.begun = true
	if k.batches == nil {
		k.batches = map[*playRun]bool{}
	}
	k.batches[p] = true
	k.mu.Unlock()
	if run {
		k.write(Record{Kind: RecordRun, Run: k.x.o.RunID, Time: k.x.o.Now()})
	}
	if batch {
		k.write(Record{Kind: RecordBatch, Play: p.id, Name: p.name, Batch: p.index, Of: p.of, Dir: absoluteDir(p.play.Dir), Hosts: p.hostNames()})
	}
}

// record keeps a deed.
func (x *Executor) record(d *deed) {
	if x.o.Recorder == nil {
		return
	}
	x.keeper.open(d.run)
	r := Record{Kind: RecordChange, Play: d.run.id, Seq: d.seq, Host: d.host.name, Section: d.section, Task: d.id, Name: d.title,
		Module: d.module, What: d.what, Entries: d.entries, Lasting: d.lasting, Covered: d.task != nil && compensates(d.task), ByPlay: d.handlerPlace()}
	if d.site.host != nil && d.site.host != d.host {
		r.At = d.site.host.name
	}
	if b := d.site.become; b != nil {
		r.User, r.Method = b.User, b.Method
	}
	if d.made != nil {
		r.Kind, r.Key = RecordMade, ownerPlace(d.made.owner)
		x.keeper.tasks(&r, d.run, d.host, d.made.nodes, d.made.vars)
	}
	x.keeper.write(r)
}

// hostNames are the hosts of the batch; while a gate or handlers have others, those of the play.
func (p *playRun) hostNames() []string {
	if p.inPhase {
		return namesOf(p.hosts)
	}
	names := make([]string, len(p.members))
	for i, m := range p.members {
		names[i] = m.w.host.name
	}
	return names
}

// recordEnd keeps that nothing happened that the record does not have.
func (x *Executor) recordEnd() {
	x.keeper.mu.Lock()
	whole := x.keeper.begun && !x.keeper.lost
	x.keeper.mu.Unlock()
	if whole {
		x.keeper.write(Record{Kind: RecordEnd, Time: x.o.Now()})
	}
}

// unanswered notes that a request which is journalled was not answered.
func (k *keeper) unanswered() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost = true
}

// recordRan keeps that a handler of the play runs on a host.
func (x *Executor) recordRan(d *deed) {
	if x.o.Recorder != nil && !d.run.unrecorded {
		x.keeper.open(d.run)
		x.keeper.write(Record{Kind: RecordRan, Play: d.run.id, Seq: d.seq, Host: d.host.name, Key: d.ran.task.Pos.String()})
	}
}

// recordQuiet keeps that tasks say of deeds that they changed nothing.
func (x *Executor) recordQuiet(seqs []int) {
	if x.o.Recorder != nil && len(seqs) > 0 {
		x.keeper.write(Record{Kind: RecordQuiet, Seqs: seqs})
	}
}

// recordUndone keeps that a deed was taken back.
func (x *Executor) recordUndone(d *deed) {
	if x.o.Recorder != nil {
		seq := d.seq
		if d.recorded > 0 {
			seq = d.recorded
		}
		x.keeper.write(Record{Kind: RecordUndone, Seqs: []int{seq}, Time: x.o.Now()})
	}
}

// recordNotified keeps which handlers of the play changes asked for, and what those handlers do.
func (x *Executor) recordNotified(p *playRun, h *hostState, deeds []*deed, found []*handler) {
	var seqs []int
	for _, d := range deeds {
		if d.entries != nil {
			seqs = append(seqs, d.seq)
		}
	}
	if x.o.Recorder == nil || len(seqs) == 0 {
		return
	}
	for _, one := range found {
		key := one.task.Pos.String()
		if x.keeper.first(handlerKey{h, one}) {
			r := Record{Kind: RecordHandler, Play: p.id, Host: h.name, Key: key, Name: p.taskTitle(one.task, h)}
			nodes := []playbook.Node{one.task}
			t := &taskRun{x: x, play: p, task: one.task, host: h, scope: x.newScope(p, h, one.task)}
			x.keeper.tasks(&r, p, h, nodes, t.captured(nodes, t.scope))
			x.keeper.write(r)
		}
		x.keeper.write(Record{Kind: RecordNotify, Play: p.id, Host: h.name, Key: key, Seqs: seqs})
	}
}

func (k *keeper) first(key handlerKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.handlers == nil {
		k.handlers = map[handlerKey]bool{}
	}
	seen := k.handlers[key]
	k.handlers[key] = true
	return !seen
}

// tasks puts tasks and their variables into a record. What may be secret is named and left out.
func (k *keeper) tasks(r *Record, p *playRun, h *hostState, nodes []playbook.Node, vars *value.Dict) {
	r.Facts = h.hasGathered()
	text, err := playbook.Written(nodes)
	if err != nil {
		r.Refused = err.Error()
		return
	}
	if k.x.o.Secrets.Holds(text) {
		r.Refused = "they hold text from an encrypted file"
		return
	}
	r.Tasks, r.File = text, fileOf(nodes)
	hidden := hidesOutput(nodes)
	for name, v := range vars.All() {
		key := value.KeyText(name)
		if hidden || secret.Sounds(key) || p.asked(key) || k.holdsSecret(v) || vaulted(k.x.newScope(p, h, nil), key) {
			r.Withheld = append(r.Withheld, key)
			continue
		}
		if r.Vars == nil {
			r.Vars = map[string]any{}
		}
		r.Vars[key] = value.ToGo(v)
	}
	slices.Sort(r.Withheld)
}

// asked reports whether a variable is the hidden answer to a question of the play.
func (p *playRun) asked(name string) bool {
	return slices.ContainsFunc(p.play.VarsPrompt, func(q playbook.Prompt) bool { return q.Name == name && q.Private })
}

// vaulted reports whether a variable is an inline vault.
func vaulted(s *scope, name string) bool {
	v, ok := s.Lookup(name)
	_, isVault := v.(value.Vault)
	return ok && isVault
}

func (k *keeper) holdsSecret(v any) bool {
	switch x := v.(type) {
	case *value.Dict:
		for key, item := range x.All() {
			if k.holdsSecret(key) || secret.Sounds(value.KeyText(key)) || k.holdsSecret(item) {
				return true
			}
		}
	case *value.List:
		return slices.ContainsFunc(x.Items, k.holdsSecret)
	case string:
		return k.x.o.Secrets.Holds(x)
	}
	return false
}

// hidesOutput reports whether one of the tasks, or what is around them, says no_log. A template counts as yes.
func hidesOutput(nodes []playbook.Node) bool {
	for _, n := range nodes {
		switch n := n.(type) {
		case *playbook.Task:
			if a, ok := n.Inherit("no_log"); ok && a.Value != false && a.Value != nil {
				return true
			}
		case *playbook.Block:
			if a, ok := n.Inherit("no_log"); ok && a.Value != false && a.Value != nil {
				return true
			}
			if hidesOutput(slices.Concat(n.Body, n.Rescue, n.Always)) {
				return true
			}
		}
	}
	return false
}

func fileOf(nodes []playbook.Node) string {
	if t, ok := nodes[0].(*playbook.Task); ok {
		return t.File
	}
	return nodes[0].(*playbook.Block).File
}

// ownerPlace names who carries rollback handlers by its place.
func ownerPlace(owner any) string {
	switch o := owner.(type) {
	case *playbook.Task:
		return o.Pos.String()
	case *playbook.Block:
		return o.Pos.String()
	case *playbook.Play:
		return o.Pos.String()
	case string:
		return o
	}
	return strings.TrimSpace(fmt.Sprint(owner))
}
