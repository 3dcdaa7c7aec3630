// Package hostorder is the order in which hosts are shown where that of the inventory is not known.
package hostorder

import (
	"cmp"
	"strings"
)

// Compare orders two names as people count: web2 before web10. It is negative when a comes first, and 0 for equal names only.
func Compare(a, b string) int {
	digits := func(s string) int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return n
	}
	for a != "" && b != "" {
		n, m := digits(a), digits(b)
		if n == 0 || m == 0 {
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := strings.TrimLeft(a[:n], "0"), strings.TrimLeft(b[:m], "0")
		if c := cmp.Or(len(x)-len(y), strings.Compare(x, y), n-m); c != 0 {
			return c
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}
