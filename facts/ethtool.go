package facts

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ethtool asks for each interface's offload features and time stamping, where that program is installed.
func (g *gathering) ethtool(links []link) []map[string]any {
	facts := make([]map[string]any, len(links))
	if g.k == nil || !g.has("ethtool") {
		return facts
	}
	var wait sync.WaitGroup
	for i, l := range links {
		facts[i] = map[string]any{}
		var features, stamping map[string]any
		wait.Go(func() {
			together(
				func() {
					if out, ok := g.query("ethtool", "-k", l.name); ok {
						features = map[string]any{"features": parseFeatures(out)}
					}
				},
				func() {
					if out, ok := g.query("ethtool", "-T", l.name); ok {
						stamping = parseTimestamping(out)
					}
				},
			)
			for _, part := range []map[string]any{features, stamping} {
				for k, v := range part {
					facts[i][k] = v
				}
			}
		})
	}
	wait.Wait()
	return facts
}

// parseFeatures reads `ethtool -k`: a name and a state on each line.
func parseFeatures(out string) map[string]any {
	features := map[string]any{}
	for _, line := range lines(strings.TrimSpace(out)) {
		if name, state, ok := strings.Cut(line, ": "); ok && state != "" {
			features[strings.ReplaceAll(strings.TrimSpace(name), "-", "_")] = strings.TrimSpace(state)
		}
	}
	return features
}

var (
	timestampMode   = regexp.MustCompile(`SOF_TIMESTAMPING_(\w+)`)
	timestampFilter = regexp.MustCompile(`HWTSTAMP_FILTER_(\w+)`)
	hardwareClock   = regexp.MustCompile(`PTP Hardware Clock: (\d+)`)
)

// parseTimestamping reads `ethtool -T`.
func parseTimestamping(out string) map[string]any {
	lower := func(re *regexp.Regexp) []string {
		names := []string{}
		for _, m := range re.FindAllStringSubmatch(out, -1) {
			names = append(names, strings.ToLower(m[1]))
		}
		return names
	}
	facts := map[string]any{"timestamping": lower(timestampMode), "hw_timestamp_filters": lower(timestampFilter)}
	if m := hardwareClock.FindStringSubmatch(out); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			facts["phc_index"] = n
		}
	}
	return facts
}
