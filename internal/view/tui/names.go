package tui

import (
	"fmt"
	"strconv"
	"strings"
)

// hostCount is a number of hosts in words.
func hostCount(n int) string {
	if n == 1 {
		return "1 host"
	}
	return strconv.Itoa(n) + " hosts"
}

// shortList writes the names of hosts in at most width columns: neighbours that only count up as a range, and "…" for
// what does not fit.
func shortList(names []string, width int) string {
	var b strings.Builder
	for i := 0; i < len(names); {
		n := rangeLen(names[i:])
		part := names[i]
		if n > 2 {
			stem, first, _ := numbered(names[i])
			_, last, _ := numbered(names[i+n-1])
			part = fmt.Sprintf("%s[%s-%s]", stem, first, last)
		} else {
			n = 1
		}
		if i > 0 {
			part = "," + part
		}
		if b.Len() > 0 && b.Len()+len(part) > width-1 {
			b.WriteString("…")
			break
		}
		b.WriteString(part)
		i += n
	}
	return b.String()
}

// rangeLen is how many names at the beginning count up from the first, one by one.
func rangeLen(names []string) int {
	stem, digits, ok := numbered(names[0])
	if !ok {
		return 1
	}
	first, err := strconv.Atoi(digits)
	if err != nil {
		return 1
	}
	n := 1
	for n < len(names) && names[n] == stem+fmt.Sprintf("%0*d", len(digits), first+n) {
		n++
	}
	return n
}

// numbered splits a name that ends in digits.
func numbered(name string) (stem, digits string, ok bool) {
	i := len(name)
	for i > 0 && name[i-1] >= '0' && name[i-1] <= '9' {
		i--
	}
	return name[:i], name[i:], i < len(name)
}
