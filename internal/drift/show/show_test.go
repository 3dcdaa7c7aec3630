package show

import (
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/drift"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func sample() *drift.Report {
	return &drift.Report{
		Version: drift.Version, Run: "r1", Playbooks: []string{"site.yml"}, Start: noon, End: noon.Add(2 * time.Second),
		Summary: drift.Summary{Hosts: 4, InOrder: 1, Drifted: 1, Failed: 1, Unreachable: 1, Corrective: 1, Intended: 1, Assessed: 2, Assessable: 3},
		Hosts: []drift.Host{
			{Name: "db1", State: drift.Failed, Problem: "package: no\x1b[2Jmirror"},
			{Name: "web1", State: drift.Drifted, Assessed: 2, Assessable: 3,
				Drift: []drift.Difference{
					{Task: "motd", Action: "copy", Pos: diag.Pos{File: "site.yml", Line: 4, Col: 7}, Class: drift.Corrective, Why: "the host changed since run r0 applied the same",
						Text: "--- before\n+++ after\n@@ -1 +1 @@\n-<script>\n+hello\n", FirstSeen: noon.Add(-26 * time.Hour), Seen: 5, Episodes: 4, Flapping: true},
					{Task: "users", Item: "bob", Action: "user", Class: drift.Intended, Why: "playbook changed", Seen: 1, Episodes: 1, FirstSeen: noon,
						Attributes: []drift.Attribute{{Name: "shell", Before: "/bin/sh", Wanted: "/bin/bash"}, {Name: "groups", Before: nil, Wanted: []any{"sudo"}}}},
				},
				Blind: []drift.Blind{{Task: "migrate", Action: "command", Why: "it cannot be foreseen without running it"}}},
			{Name: "web2", State: drift.Unreachable, Problem: "no route to host"},
			{Name: "web3", State: drift.InOrder, Assessed: 2, Assessable: 3},
		},
		Trend: []drift.Point{{Run: "r0", Time: noon.Add(-time.Hour)}, {Run: "r1", Time: noon, Summary: drift.Summary{Drifted: 1}}},
	}
}

const wantText = `db1: the check failed: package: no�[2Jmirror
web1: drifted: 1 corrective, 1 intended
  corrective  motd  [copy, site.yml:4:7]
    the host changed since run r0 applied the same; first seen 1d 2h ago, in 5 reports, FLAPPING: it came back 3 times in 30 days
    | --- before
    | +++ after
    | @@ -1 +1 @@
    | -<script>
    | +hello
  intended    users (item=bob)  [user, ]
    playbook changed; seen for the first time
    shell: /bin/sh -> /bin/bash
    groups: (none) -> ["sudo"]
web2: unreachable: no route to host

4 hosts: 1 in order, 1 drifted, 1 failed, 1 unreachable
2 differences: 1 corrective (the host changed), 1 intended (playbook, inventory or variables changed), 0 unknown (never applied by muster)
assessed: 2 of 3 tasks on hosts (66%)
The others cannot be compared with a host without running them; -v names them.
`

func TestText(t *testing.T) {
	var b strings.Builder
	Text(&b, sample(), TextOptions{Now: noon})
	if b.String() != wantText {
		t.Errorf("got\n%s", b.String())
	}
	b.Reset()
	Text(&b, sample(), TextOptions{Now: noon, Verbose: true, Color: true})
	for _, want := range []string{"web3: \x1b[32min order as far as it could be assessed: 2 of 3 tasks\x1b[0m", "migrate (command): it cannot be foreseen"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// TestHTML: one file, without scripts, and nothing of a host's text becomes markup.
func TestHTML(t *testing.T) {
	var b strings.Builder
	if err := HTML(&b, sample()); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	for _, want := range []string{"Drift of site.yml", "<svg", "&lt;script&gt;", "<b>66%</b>", "flapping", "1 of 3 tasks on hosts could not be compared", "/bin/bash"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "<link", "ZgotmplZ"} {
		if strings.Contains(out, never) {
			t.Errorf("holds %q", never)
		}
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Second: "0s ago", 40 * time.Second: "40s ago", 5 * time.Minute: "5m ago", 100 * time.Minute: "1h 40m ago", 50 * time.Hour: "2d 2h ago"} {
		if got := Ago(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
