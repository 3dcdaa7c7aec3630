package executor

import (
	"slices"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/inventory"
)

// hostState is what a run knows of a host; it lives from the first play to the last.
type hostState struct {
	name string
	inv  *inventory.Host

	mu       sync.RWMutex
	facts    *value.Dict // under the names that modules gave them: ansible_distribution, services
	setFacts *value.Dict // set_fact and register
	included *value.Dict // include_vars
	gathered bool

	failed      bool // out of the rest of the run
	unreachable bool
	pardoned    int // how often clear_host_errors brought it back
	counts      event.Counts
}

func newHostState(name string, h *inventory.Host) *hostState {
	return &hostState{name: name, inv: h, facts: value.NewDict(), setFacts: value.NewDict(), included: value.NewDict()}
}

// variableSources are set_fact and register, then include_vars.
func (h *hostState) variableSources(f visit) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return f(h.setFacts, false) || f(h.included, true)
}

// factSource are the facts under the names that modules gave them.
func (h *hostState) factSource(f visit) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return f(h.facts, false)
}

func (h *hostState) setFact(name string, v any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.setFacts.Set(name, v)
}

func (h *hostState) includeVars(vars *value.Dict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, v := range vars.All() {
		h.included.Set(k, v)
	}
}

func (h *hostState) addFacts(facts *value.Dict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, v := range facts.All() {
		if name, ok := k.(string); ok && !forbiddenFact(name) {
			h.facts.Set(k, v)
		}
	}
}

// forbiddenFact reports whether a host must not set a variable of this name by returning it as a fact: those decide
// where and as whom muster works.
func forbiddenFact(name string) bool {
	switch name {
	case "ansible_host", "ansible_port", "ansible_user", "ansible_password", "ansible_pass", "ansible_connection",
		"ansible_private_key_file", "ansible_timeout", "ansible_remote_tmp", "ansible_executable", "ansible_facts",
		"ansible_python_interpreter", "ansible_pipelining", "ansible_host_key_checking":
		return true
	}
	if strings.HasPrefix(name, "ansible_ssh_host_key_") {
		return false
	}
	for _, prefix := range []string{"ansible_become", "ansible_ssh_", "ansible_sudo_", "ansible_su_", "ansible_doas_", "ansible_shell_", "ansible_scp_", "ansible_sftp_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// factsNamespace returns the facts as ansible_facts shows them, without the ansible_ prefix.
func (h *hostState) factsNamespace() *value.Dict {
	h.mu.RLock()
	defer h.mu.RUnlock()
	d := value.NewDict()
	for k, v := range h.facts.All() {
		if name, ok := k.(string); ok && name != "ansible_local" {
			d.Set(strings.TrimPrefix(name, "ansible_"), v)
		} else {
			d.Set(k, v)
		}
	}
	return d
}

func (h *hostState) clearFacts() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.facts, h.gathered = value.NewDict(), false
}

// count changes the recap of the host.
func (h *hostState) count(change func(*event.Counts)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.counts)
}

// out reports whether the host takes no further part in the run.
func (h *hostState) out() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.failed || h.unreachable
}

func (h *hostState) setOut(failed, unreachable bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = h.failed || failed
	h.unreachable = h.unreachable || unreachable
}

func (h *hostState) comeBack() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed, h.unreachable = false, false
}

// pardon brings the host back and ends what its failure led to.
func (h *hostState) pardon() {
	h.comeBack()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pardoned++
}

// pardons counts how often that happened.
func (h *hostState) pardons() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pardoned
}

// hostTable finds or makes the state of a host.
type hostTable struct {
	mu    sync.Mutex
	inv   *inventory.Inventory
	table map[string]*hostState
	order []string         // hosts that took part, in the order of their first appearance
	made  func(*hostState) // completes a host that comes up for the first time; may be nil
}

func newHostTable(inv *inventory.Inventory) *hostTable {
	return &hostTable{inv: inv, table: map[string]*hostState{}}
}

// get returns the state of a host by its inventory name. A name that the inventory does not have is a host of its
// own, as delegation to an address wants it.
func (t *hostTable) get(name string) *hostState {
	t.mu.Lock()
	defer t.mu.Unlock()
	h, ok := t.table[name]
	if !ok {
		h = newHostState(name, t.inv.Host(name))
		if t.made != nil {
			t.made(h)
		}
		t.table[name] = h
	}
	if h.inv == nil {
		h.inv = t.inv.Host(name)
	}
	return h
}

// take returns the state of a host that takes part in a play, so that the recap shows it.
func (t *hostTable) take(name string) *hostState {
	h := t.get(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.order {
		if n == name {
			return h
		}
	}
	t.order = append(t.order, name)
	return h
}

// reload takes over an inventory that was read again.
func (t *hostTable) reload(inv *inventory.Inventory) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inv = inv
	for name, h := range t.table {
		h.inv = inv.Host(name)
	}
}

// fallen are the names of the hosts that take no further part in the run, sorted.
func (t *hostTable) fallen() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for name, h := range t.table {
		if h.out() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (t *hostTable) counts() map[string]event.Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]event.Counts{}
	for _, name := range t.order {
		h := t.table[name]
		h.mu.RLock()
		if h.counts != (event.Counts{}) {
			out[name] = h.counts
		}
		h.mu.RUnlock()
	}
	return out
}
