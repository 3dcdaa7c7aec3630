package difflib

import "sort"

// block says that n lines from a[i] on equal those from b[j] on.
type block struct{ i, j, n int }

// matcher finds the lines that two texts share, by the method of Ratcliff and Obershelp as Python's difflib has it: the
// longest common run of lines, and the same left and right of it. In texts of 200 lines and more, lines that make up
// over a hundredth of the second text start no run.
type matcher struct {
	a, b  []string
	where map[string][]int // lines of b, without the popular ones
}

const popularFrom = 200

func newMatcher(a, b []string) *matcher {
	m := &matcher{a: a, b: b, where: make(map[string][]int, len(b))}
	for j, line := range b {
		m.where[line] = append(m.where[line], j)
	}
	if len(b) >= popularFrom {
		for line, at := range m.where {
			if len(at) > len(b)/100+1 {
				delete(m.where, line)
			}
		}
	}
	return m
}

// longest returns the longest common run within a[alo:ahi] and b[blo:bhi]; of several the one that starts first.
func (m *matcher) longest(alo, ahi, blo, bhi int) block {
	best := block{alo, blo, 0}
	lengths := map[int]int{}
	for i := alo; i < ahi; i++ {
		next := map[int]int{}
		for _, j := range m.where[m.a[i]] {
			if j < blo {
				continue
			}
			if j >= bhi {
				break
			}
			k := lengths[j-1] + 1
			next[j] = k
			if k > best.n {
				best = block{i - k + 1, j - k + 1, k}
			}
		}
		lengths = next
	}
	for best.i > alo && best.j > blo && m.a[best.i-1] == m.b[best.j-1] {
		best.i, best.j, best.n = best.i-1, best.j-1, best.n+1
	}
	for best.i+best.n < ahi && best.j+best.n < bhi && m.a[best.i+best.n] == m.b[best.j+best.n] {
		best.n++
	}
	return best
}

// blocks returns the common runs in order, adjacent ones joined, then an empty one at the end of both texts.
func (m *matcher) blocks() []block {
	type span struct{ alo, ahi, blo, bhi int }
	todo := []span{{0, len(m.a), 0, len(m.b)}}
	var found []block
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		x := m.longest(s.alo, s.ahi, s.blo, s.bhi)
		if x.n == 0 {
			continue
		}
		found = append(found, x)
		if s.alo < x.i && s.blo < x.j {
			todo = append(todo, span{s.alo, x.i, s.blo, x.j})
		}
		if x.i+x.n < s.ahi && x.j+x.n < s.bhi {
			todo = append(todo, span{x.i + x.n, s.ahi, x.j + x.n, s.bhi})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].i < found[j].i })
	return append(joined(found), block{len(m.a), len(m.b), 0})
}

func joined(found []block) []block {
	var out []block
	for _, x := range found {
		if last := len(out) - 1; last >= 0 && out[last].i+out[last].n == x.i && out[last].j+out[last].n == x.j {
			out[last].n += x.n
			continue
		}
		out = append(out, x)
	}
	return out
}

// change is a stretch a[i1:i2] that became b[j1:j2]; equal says that it did not change.
type change struct {
	equal          bool
	i1, i2, j1, j2 int
}

func (m *matcher) changes() []change {
	var out []change
	i, j := 0, 0
	for _, x := range m.blocks() {
		if i < x.i || j < x.j {
			out = append(out, change{false, i, x.i, j, x.j})
		}
		if x.n > 0 {
			out = append(out, change{true, x.i, x.i + x.n, x.j, x.j + x.n})
		}
		i, j = x.i+x.n, x.j+x.n
	}
	return out
}

// hunks groups the changes with up to context equal lines around each group.
func (m *matcher) hunks(context int) [][]change {
	all := m.changes()
	if len(all) == 0 {
		return nil
	}
	if c := &all[0]; c.equal {
		c.i1, c.j1 = max(c.i1, c.i2-context), max(c.j1, c.j2-context)
	}
	if c := &all[len(all)-1]; c.equal {
		c.i2, c.j2 = min(c.i2, c.i1+context), min(c.j2, c.j1+context)
	}
	var out [][]change
	var group []change
	for _, c := range all {
		if c.equal && c.i2-c.i1 > 2*context {
			out = append(out, append(group, change{true, c.i1, min(c.i2, c.i1+context), c.j1, min(c.j2, c.j1+context)}))
			group = nil
			c.i1, c.j1 = max(c.i1, c.i2-context), max(c.j1, c.j2-context)
		}
		group = append(group, c)
	}
	if len(group) > 0 && (len(group) != 1 || !group[0].equal) {
		out = append(out, group)
	}
	return out
}
