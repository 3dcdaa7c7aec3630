package executor

import (
	"github.com/musterhq/muster/internal/value"
)

// FactCache keeps facts from run to run. It is used concurrently, for different hosts.
type FactCache interface {
	// Load returns the facts of a host; false when there are none that still count.
	Load(host string) (*value.Dict, bool, error)
	Save(host string, facts *value.Dict) error
	Remove(host string) error
}

// gatheredMark is the fact that says that facts were gathered, in cached facts.
const gatheredMark = "_ansible_facts_gathered"

// recall gives a host the facts that an earlier run left. What a host may not say about itself, a cache may not either.
func (h *hostState) recall(facts *value.Dict) {
	mark, _ := facts.Get(gatheredMark)
	h.addFacts(facts)
	h.facts.Delete(gatheredMark)
	h.gathered = toBool(mark)
}

// recallFacts returns what gives a new host its cached facts; nil when facts last for one run.
func (x *Executor) recallFacts() func(*hostState) {
	if x.o.FactCache == nil {
		return nil
	}
	return func(h *hostState) {
		facts, ok, err := x.o.FactCache.Load(h.name)
		switch {
		case err != nil:
			x.warn("cached facts of %s cannot be read: %v", h.name, err)
		case ok:
			h.recall(facts)
		}
	}
}

// keepFacts saves the facts of a host for later runs.
func (x *Executor) keepFacts(h *hostState) {
	if x.o.FactCache == nil {
		return
	}
	h.mu.RLock()
	facts := h.facts.Clone()
	if h.gathered {
		facts.Set(gatheredMark, true)
	}
	h.mu.RUnlock()
	if err := x.o.FactCache.Save(h.name, facts); err != nil {
		x.warn("facts of %s cannot be cached: %v", h.name, err)
	}
}

// forgetFacts drops the facts of a host, cached ones too.
func (x *Executor) forgetFacts(h *hostState) {
	h.clearFacts()
	if x.o.FactCache == nil {
		return
	}
	if err := x.o.FactCache.Remove(h.name); err != nil {
		x.warn("cached facts of %s cannot be removed: %v", h.name, err)
	}
}
