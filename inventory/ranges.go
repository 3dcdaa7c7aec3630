package inventory

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

func decode(s string) (rune, int) { return utf8.DecodeRuneInString(s) }

// maxRange bounds how many hosts one line can name.
const maxRange = 200_000

// expandHosts turns what stands in a host list, such as web[01:20:2].example.com:2222, into names and a port (0 for none).
func expandHosts(pattern string) (names []string, port int, err error) {
	if !strings.ContainsAny(pattern, ":[") {
		return []string{pattern}, 0, nil
	}
	name, port, _ := SplitAddress(pattern, true)
	if !strings.Contains(name, "[") {
		return []string{name}, port, nil
	}
	names, err = expandRange(name)
	return names, port, err
}

// expandRange returns the names that a pattern with one or more [begin:end:step] stands for.
func expandRange(pattern string) ([]string, error) {
	var texts []string   // what stands around the ranges
	var items [][]string // what each range stands for
	total := 1
	rest := pattern
	for {
		open, end := strings.IndexByte(rest, '['), strings.IndexByte(rest, ']')
		if open < 0 {
			texts = append(texts, rest)
			break
		}
		if end < open {
			return nil, fmt.Errorf("the range in %q is not closed", pattern)
		}
		list, err := rangeItems(rest[open+1 : end])
		if err != nil {
			return nil, err
		}
		texts, items = append(texts, rest[:open]), append(items, list)
		rest = rest[end+1:]
		if total *= max(len(list), 1); total > maxRange {
			return nil, fmt.Errorf("%q names more than %d hosts", pattern, maxRange)
		}
	}
	names := []string{texts[0]}
	for i, list := range items {
		next := make([]string, 0, len(names)*len(list))
		for _, name := range names {
			for _, item := range list {
				next = append(next, name+item+texts[i+1])
			}
		}
		names = next
	}
	return names, nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// rangeItems lists begin to end, both included: numbers, zero filled when begin is, or letters.
func rangeItems(text string) ([]string, error) {
	bounds := strings.Split(text, ":")
	if len(bounds) != 2 && len(bounds) != 3 {
		return nil, errors.New("a host range is written [begin:end] or [begin:end:step]")
	}
	begin, end, step := bounds[0], bounds[1], 1
	if begin == "" {
		begin = "0"
	}
	if end == "" {
		return nil, errors.New("a host range needs an end")
	}
	if len(bounds) == 3 {
		var err error
		if step, err = strconv.Atoi(bounds[2]); err != nil || step < 1 {
			return nil, fmt.Errorf("the step %q of a host range must be a whole number from 1", bounds[2])
		}
	}
	width := 0
	if begin[0] == '0' && len(begin) > 1 {
		if width = len(begin); width != len(end) {
			return nil, fmt.Errorf("begin %q and end %q of a zero filled host range must be of equal length", begin, end)
		}
	}
	first, last := strings.Index(letters, begin), strings.Index(letters, end)
	if first >= 0 && last >= 0 {
		return letterItems(first, last, step)
	}
	return numberItems(begin, end, step, width)
}

func letterItems(first, last, step int) ([]string, error) {
	if first > last {
		return nil, errors.New("the begin of a host range must not come after its end")
	}
	var items []string
	for i := first; i <= last; i += step {
		items = append(items, letters[i:i+1])
	}
	return items, nil
}

func numberItems(begin, end string, step, width int) ([]string, error) {
	first, err := strconv.Atoi(begin)
	if err != nil {
		return nil, fmt.Errorf("%q in a host range is neither a number nor a letter", begin)
	}
	last, err := strconv.Atoi(end)
	if err != nil {
		return nil, fmt.Errorf("%q in a host range is neither a number nor a letter", end)
	}
	if last-first >= maxRange*step || width > 64 {
		return nil, fmt.Errorf("a host range must not name more than %d hosts", maxRange)
	}
	var items []string
	for i := first; i <= last; i += step {
		item := strconv.Itoa(i)
		if pad := width - len(item); pad > 0 {
			item = strings.Repeat("0", pad) + item
		}
		items = append(items, item)
	}
	return items, nil
}
