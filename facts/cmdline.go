package facts

import (
	"strings"

	"github.com/musterhq/muster/internal/shlex"
)

// cmdline gives the kernel's command line twice: the last value of each option, and every value.
func (g *gathering) cmdline() map[string]any {
	text := g.text("/proc/cmdline")
	if text == "" {
		return nil
	}
	last, every := parseCmdline(text)
	return map[string]any{"cmdline": last, "proc_cmdline": every}
}

// parseCmdline splits at blanks outside quotes. An option without `=` is true; one that comes several times with
// values has a list of them in every.
func parseCmdline(text string) (last, every map[string]any) {
	last, every = map[string]any{}, map[string]any{}
	words, err := shlex.SplitKeepingQuotes(text)
	if err != nil {
		return last, every
	}
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			last[name], every[name] = true, true
			continue
		}
		last[name] = value
		switch before := every[name].(type) {
		case nil:
			every[name] = value
		case []any:
			every[name] = append(before, value)
		default:
			every[name] = []any{before, value}
		}
	}
	return last, every
}
