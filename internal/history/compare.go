package history

import (
	"bytes"
	"context"

	"github.com/musterhq/muster/internal/event"
)

// Comparison is what differs between two runs.
type Comparison struct {
	A     Run          `json:"a"`
	B     Run          `json:"b"`
	Tasks []Difference `json:"tasks"`
	OnlyA []string     `json:"hosts_only_a,omitempty"`
	OnlyB []string     `json:"hosts_only_b,omitempty"`
	Same  int          `json:"same"` // results that were equal in both
}

// Difference is a task on a host that went differently, or ran in one of the runs only.
type Difference struct {
	Host string  `json:"host"`
	Task Task    `json:"task"`
	A    *Result `json:"a,omitempty"` // nil: it did not run
	B    *Result `json:"b,omitempty"`
	Why  string  `json:"why"` // status, arguments, change, only_a, only_b
}

// Compare tells two runs apart: tasks are matched by their key, host by host, in the order of the second run.
func (s *Store) Compare(ctx context.Context, a, b Run) (*Comparison, error) {
	ra, err := s.Results(ctx, ResultFilter{Run: a.ID})
	if err != nil {
		return nil, err
	}
	rb, err := s.Results(ctx, ResultFilter{Run: b.ID})
	if err != nil {
		return nil, err
	}
	c := &Comparison{A: a, B: b, Tasks: []Difference{}}
	hostsA, hostsB := hostsOf(ra), hostsOf(rb)
	c.OnlyA, c.OnlyB = missing(ra, hostsB), missing(rb, hostsA)
	before := map[place][]*Result{}
	for i := range ra {
		p := placeOf(&ra[i])
		before[p] = append(before[p], &ra[i])
	}
	for i := range rb {
		r := &rb[i]
		if !hostsA[r.Host] {
			continue
		}
		p := placeOf(r)
		if len(before[p]) == 0 {
			c.Tasks = append(c.Tasks, Difference{Host: r.Host, Task: r.About, B: r, Why: "only_b"})
			continue
		}
		old := before[p][0]
		before[p] = before[p][1:]
		if why := differ(old, r); why != "" {
			c.Tasks = append(c.Tasks, Difference{Host: r.Host, Task: r.About, A: old, B: r, Why: why})
			continue
		}
		c.Same++
	}
	for i := range ra {
		r := &ra[i]
		if rest := before[placeOf(r)]; len(rest) > 0 && rest[0] == r && hostsB[r.Host] {
			before[placeOf(r)] = rest[1:]
			c.Tasks = append(c.Tasks, Difference{Host: r.Host, Task: r.About, A: r, Why: "only_a"})
		}
	}
	return c, nil
}

// place is a task on a host, across runs.
type place struct{ host, task string }

func placeOf(r *Result) place {
	if r.About.Key != "" {
		return place{r.Host, r.About.Key}
	}
	return place{r.Host, r.About.File + ":" + r.About.Name}
}

// differ says how a result differs from an earlier one; "" when it does not.
func differ(a, b *Result) string {
	switch {
	case a.Status != b.Status || a.Ignored != b.Ignored:
		return "status"
	case a.Args != b.Args && a.Args != "" && b.Args != "":
		return "arguments"
	case b.Status == event.Changed && !bytes.Equal(a.Diff, b.Diff):
		return "change"
	}
	return ""
}

func hostsOf(list []Result) map[string]bool {
	hosts := map[string]bool{}
	for _, r := range list {
		hosts[r.Host] = true
	}
	return hosts
}

// missing lists the hosts of results that others does not have, in their order.
func missing(list []Result, others map[string]bool) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range list {
		if !others[r.Host] && !seen[r.Host] {
			seen[r.Host] = true
			out = append(out, r.Host)
		}
	}
	return out
}
