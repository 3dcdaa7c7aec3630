package facts

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// DefaultPath is the folder of local facts.
const DefaultPath = "/etc/ansible/facts.d"

// DefaultTimeout bounds what may hang, such as the size of a dead network mount.
const DefaultTimeout = 10 * time.Second

// Options say what to gather; the zero value gathers everything.
type Options struct {
	Subsets  []string      // gather_subset; none is all
	Filter   []string      // shell patterns of fact names, with or without ansible_; none keeps all
	FactPath string        // folder of local facts; "" is DefaultPath
	Timeout  time.Duration // for each thing that may hang; 0 is DefaultTimeout
}

// Gather collects the facts of a machine under the names that the setup module returns (`ansible_distribution`).
// Warnings are sentences for the user. The only error is a subset that does not exist.
func Gather(ctx context.Context, r sys.Reader, o Options) (facts map[string]any, warnings []string, err error) {
	chosen, err := choose(collectors(), o.Subsets)
	if err != nil {
		return nil, nil, err
	}
	if o.FactPath == "" {
		o.FactPath = DefaultPath
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	g := newGathering(ctx, r, o)
	facts = map[string]any{}
	for _, found := range g.run(chosen) {
		maps.Copy(facts, found)
	}
	subsets := o.Subsets
	if len(subsets) == 0 {
		subsets = []string{"all"}
	}
	facts["gather_subset"] = subsets
	facts["module_setup"] = true
	return filter(facts, o.Filter), g.warnings, nil
}

// gathering is one pass over a machine. What several collectors need is read once.
type gathering struct {
	machine
	opt           Options
	platform      func() map[string]any
	distribution  func() map[string]any
	lsbRelease    func() map[string]string
	pythonVersion func() pythonRelease
	pciList       func() string
	mu            sync.Mutex
	warnings      []string
}

func newGathering(ctx context.Context, r sys.Reader, o Options) *gathering {
	g := &gathering{machine: machine{ctx: ctx, r: r, k: kernelOf(r)}, opt: o}
	g.platform = sync.OnceValue(g.gatherPlatform)
	g.distribution = sync.OnceValue(g.gatherDistribution)
	g.pciList = sync.OnceValue(func() string {
		out, _ := g.query("lspci", "-D")
		return out
	})
	g.pythonVersion = sync.OnceValue(g.askPython)
	g.lsbRelease = sync.OnceValue(g.askLSB)
	return g
}

func (g *gathering) warn(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.warnings = append(g.warnings, text)
}

// run runs collectors at the same time and returns their facts, prefixed, in the collectors' order.
func (g *gathering) run(chosen []collector) []map[string]any {
	found := make([]map[string]any, len(chosen))
	var wait sync.WaitGroup
	for i, c := range chosen {
		wait.Go(func() { found[i] = prefixed(c.gather(g)) })
	}
	wait.Wait()
	return found
}

func prefixed(facts map[string]any) map[string]any {
	out := make(map[string]any, len(facts))
	for name, fact := range facts {
		out["ansible_"+strings.ReplaceAll(name, "-", "_")] = fact
	}
	return out
}
