package secret

import (
	"sort"
	"strings"
)

// matcher finds many texts of at least four bytes in one pass: almost every position of a text is ruled out by its first
// two bytes, or by a hash of its first four.
type matcher struct {
	pairs  bits
	heads  bits
	byHead map[uint32][]string // by the first four bytes, the longest first
}

// bits is a set of numbers below 65536.
type bits [1 << 16 / 64]uint64

func (b *bits) set(n uint32)      { b[n/64] |= 1 << (n % 64) }
func (b *bits) has(n uint32) bool { return b[n/64]&(1<<(n%64)) != 0 }

func hashed(head uint32) uint32 { return head * 2654435761 >> 16 }

func newMatcher() *matcher { return &matcher{byHead: map[uint32][]string{}} }

func head(s string) uint32 {
	return uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
}

func (m *matcher) add(text string) {
	h := head(text)
	for _, known := range m.byHead[h] {
		if known == text {
			return
		}
	}
	m.byHead[h] = append(m.byHead[h], text)
	m.pairs.set(h >> 16)
	m.heads.set(hashed(h))
}

func (m *matcher) sort() {
	for _, list := range m.byHead {
		sort.Slice(list, func(i, j int) bool { return len(list[i]) > len(list[j]) })
	}
}

// find returns where the first text at or after a place begins and how long it is; -1 when there is none.
func (m *matcher) find(s string, from int) (at, length int) {
	for i := from; i+minimum <= len(s); i++ {
		if !m.pairs.has(uint32(s[i])<<8 | uint32(s[i+1])) {
			continue
		}
		h := head(s[i:])
		if !m.heads.has(hashed(h)) {
			continue
		}
		for _, text := range m.byHead[h] {
			if strings.HasPrefix(s[i:], text) {
				return i, len(text)
			}
		}
	}
	return -1, 0
}

// replace masks every text; s itself is returned when there is none.
func (m *matcher) replace(s string) string {
	at, n := m.find(s, 0)
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	from := 0
	for ; at >= 0; at, n = m.find(s, from) {
		b.WriteString(s[from:at])
		b.WriteString(Mask)
		from = at + n
	}
	b.WriteString(s[from:])
	return b.String()
}
