package web

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"
)

var (
	metricUse = regexp.MustCompile(`(muster_\w+)(?:\{([^}]*)\})?`)
	matcher   = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouping  = regexp.MustCompile(`\bby \(([^)]*)\)`)
	described = regexp.MustCompile(`fqName: "(\w+)".*variableLabels: \{([^}]*)\}`)
)

// exported are the labels of every metric that the daemon has.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	ch := make(chan *prometheus.Desc)
	go func() {
		defer close(ch)
		(&gauges{ctx: t.Context()}).Describe(ch)
	}()
	out := map[string][]string{}
	for d := range ch {
		m := described.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("what is %s?", d)
		}
		out[m[1]] = strings.Split(m[2], ",")
	}
	return out
}

// TestExampleQueries: what the dashboard and the alert rules of examples/ ask for is there, with its labels and their values.
func TestExampleQueries(t *testing.T) {
	queries := append(dashboardQueries(t), ruleQueries(t)...)
	known := exported(t)
	values := map[string][]string{
		"state": {"in order", "drifted", "failed", "unreachable", "waiting", "running"}, "class": {"corrective", "intended", "unknown"}, "job": {"$job"},
	}
	used := map[string]bool{}
	for _, q := range queries {
		labels := map[string]bool{}
		for _, use := range metricUse.FindAllStringSubmatch(q, -1) {
			used[use[1]] = true
			if known[use[1]] == nil {
				t.Errorf("%s: there is no %s", q, use[1])
			}
			for _, l := range known[use[1]] {
				labels[l] = true
			}
			for _, m := range matcher.FindAllStringSubmatch(use[2], -1) {
				if !slices.Contains(known[use[1]], m[1]) || !slices.Contains(values[m[1]], m[3]) {
					t.Errorf("%s: %s has no label %s with %q", q, use[1], m[1], m[3])
				}
			}
		}
		for _, g := range grouping.FindAllStringSubmatch(q, -1) {
			for l := range strings.SplitSeq(g[1], ",") {
				if !labels[strings.TrimSpace(l)] {
					t.Errorf("%s: nothing has the label %s", q, l)
				}
			}
		}
	}
	if len(queries) < 20 {
		t.Errorf("only %d queries", len(queries))
	}
	for name := range known {
		if !used[name] {
			t.Errorf("nothing uses %s", name)
		}
	}
}

func dashboardQueries(t *testing.T) (queries []string) {
	t.Helper()
	text, err := os.ReadFile("../../../examples/serve/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
		Templating struct{ List []struct{ Definition string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			if target.Expr == "" {
				t.Errorf("%s has no query", p.Title)
			}
			queries = append(queries, target.Expr)
		}
	}
	for _, v := range dashboard.Templating.List {
		queries = append(queries, v.Definition)
	}
	return queries
}

func ruleQueries(t *testing.T) (queries []string) {
	t.Helper()
	text, err := os.ReadFile("../../../examples/serve/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			queries = append(queries, r.Expr)
		}
	}
	return queries
}
