package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// Progress keeps what became of tasks on hosts, so that another run can go on from there. Its methods may be called
// concurrently.
type Progress interface {
	// Save keeps an outcome.
	Save(d Done) error
	// Find returns the outcome that an earlier run left at a place.
	Find(p Place) (Done, bool)
}

// Place is a task on a host in the course of a run.
type Place struct {
	Host string `json:"host"` // "*" for a task that runs once for all
	Key  string `json:"key"`  // of the task
	Nth  int    `json:"nth"`  // how often the host had come to the task, this time included
}

// Done is a task that a host has behind it.
type Done struct {
	Place
	Name      string `json:"name"`
	Pos       string `json:"pos"`  // where the task stood
	Hash      string `json:"hash"` // of what the task said
	Result    string `json:"result"`
	Delegated string `json:"delegated,omitempty"`
	Looped    bool   `json:"looped,omitempty"`
	Dynamic   bool   `json:"dynamic,omitempty"` // an include brought the task while the play ran
}

// maxDone bounds the result of a task that is kept, in bytes; a larger one is not, and its task runs again.
const maxDone = 256 << 10

// everAgain are actions that are done again in any case: they change nothing on a host but tell the run something, or
// look at it anew.
var everAgain = []string{"add_host", "assert", "debug", "fail", "gather_facts", "group_by", "include", "include_role", "include_tasks", "include_vars",
	"meta", "set_stats", "setup", "validate_argument_spec", "wait_for_connection"}

// passing is where the task is on its host; false for tasks that are done again in any case.
func (t *taskRun) passing() (Place, bool) {
	x := t.x
	if x.o.Progress == nil || t.play.inPhase || t.play.unrecorded || slices.Contains(everAgain, playbook.ShortName(t.task.Action)) {
		return Place{}, false
	}
	p := Place{Host: t.host.name, Key: x.keys.of(t.task)}
	if t.forAll {
		p.Host = "*"
	}
	p.Nth = x.visits.next(p)
	return p, true
}

// resumed is the outcome that an earlier run left for the task, nil when it is to run.
func (t *taskRun) resumed(p Place) *itemResult {
	d, ok := t.x.o.Progress.Find(p)
	if !ok || d.Hash != t.x.taskHash(t.task) || t.noLog {
		return nil
	}
	v, err := value.ParseJSON(d.Result)
	dict, isDict := v.(*value.Dict)
	if err != nil || !isDict {
		return nil
	}
	res := &itemResult{dict: dict, delegated: d.Delegated, looped: d.Looped}
	c := &call{t: t, scope: t.scope, target: t.host, action: t.x.resolveAction(t.task.Action)}
	if name, _, _ := strings.Cut(d.Delegated, "("); name != "" {
		c.delegated, c.target = name, t.x.hosts.get(name)
	}
	res.facts = t.bookFacts(c, res)
	if items, ok := mustArg(dict, "results").(*value.List); ok && d.Looped {
		for _, item := range items.Items {
			if one, ok := item.(*value.Dict); ok {
				res.facts = append(res.facts, t.bookFacts(c, &itemResult{dict: one})...)
			}
		}
	}
	t.replayed = true
	return res
}

// remember keeps the outcome of a task that a host has behind it. What failed runs again, and so does
// what may hold a secret.
func (t *taskRun) remember(ctx context.Context, p Place, res *itemResult) {
	status := t.outcomeOf(res)
	ended := status == event.OK || status == event.Changed || status == event.Skipped || status == event.Failed && (t.rescued || t.flag("ignore_errors", false))
	if !ended || t.noLog || t.leaves || res.broken || ctx.Err() != nil {
		return
	}
	text, err := value.JSON(res.dict, value.JSONOptions{})
	if err != nil || len(text) > maxDone || t.x.o.Secrets.Holds(text) {
		return
	}
	d := Done{Place: p, Name: t.play.taskTitle(t.task, t.host), Pos: t.task.Pos.String(), Hash: t.x.taskHash(t.task), Result: text, Delegated: res.delegated, Looped: res.looped, Dynamic: dynamic(t.task)}
	if err := t.x.o.Progress.Save(d); err != nil {
		t.x.progressFailed.Do(func() { t.x.warn("muster resume cannot go on from here, what is done cannot be kept: %v", err) })
	}
}

// dynamic reports whether an include brought a task while the play ran.
func dynamic(t *playbook.Task) bool {
	for b := t.Parent; b != nil; b = b.Parent {
		if b.Include && !b.Static {
			return true
		}
	}
	return false
}

// taskHash is a digest of what a task says.
func (x *Executor) taskHash(t *playbook.Task) string {
	if known, ok := x.hashes.Load(t); ok {
		return known.(string)
	}
	text, err := playbook.Written([]playbook.Node{t})
	if err != nil {
		text = fmt.Sprint(t.Action, value.Repr(t.Args), t.Attrs)
	}
	hash := shortDigest(text)
	x.hashes.Store(t, hash)
	return hash
}

// Tasks lists the keys of all tasks that are known before playbooks run, with digests of what they say.
func (x *Executor) Tasks(books []*playbook.Playbook) map[string]string {
	out := map[string]string{}
	add := func(nodes []playbook.Node) {
		everyTask(nodes, func(t *playbook.Task) { out[x.keys.of(t)] = x.taskHash(t) })
	}
	for _, b := range books {
		for _, p := range b.Plays {
			for _, role := range p.Roles {
				for _, r := range role.Flatten() {
					add([]playbook.Node{r.Block})
					add(r.Handlers)
				}
			}
			for _, nodes := range [][]playbook.Node{p.PreTasks, p.Tasks, p.PostTasks, p.Handlers} {
				add(nodes)
			}
		}
	}
	return out
}

func everyTask(nodes []playbook.Node, f func(*playbook.Task)) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *playbook.Task:
			f(n)
		case *playbook.Block:
			everyTask(n.Body, f)
			everyTask(n.Rescue, f)
			everyTask(n.Always, f)
		}
	}
}

// visits counts how often hosts came to tasks.
type visits struct {
	mu sync.Mutex
	n  map[Place]int
}

func (v *visits) next(p Place) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.n == nil {
		v.n = map[Place]int{}
	}
	v.n[p]++
	return v.n[p]
}
