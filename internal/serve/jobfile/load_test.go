package jobfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
)

// folder makes a folder with a playbook, an inventory and a secret.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"site.yml": 0o644, "hosts.ini": 0o644, "secret": 0o600, "open": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const full = `
listen: unix:/run/muster/serve.sock
external: https://muster.example.org/
store: postgres://muster@db/muster
state: runs
parallel: 8
retention: 30d
users:
  ops: {role: operator, password: "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}
tokens:
  ci: {sha256: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08, until: 2027-01-31}
notify:
  chat: {webhook: https://chat.example.org/hook, secret_file: secret, on: [drift, recovery]}
  pager: {command: [/usr/bin/page, ops], on: failure}
  post: {mail: {server: "mail:25", from: muster@example.org, to: [a@example.org, b@example.org]}}
jobs:
  baseline:
    playbook: site.yml
    inventory: [hosts.ini, "web1,"]
    schedule: "*/10 * * * *"
    timezone: Europe/Berlin
    jitter: 2m
    overlap: queue
    missed: all
    mode: correct
    correct: all
    max_hosts: 10%
    window: Mon-Fri 22:00-06:00
    serial: 25%
    timeout: 20m
    keep: 2w
    notify: [chat, pager, post]
  deploy:
    playbook: site.yml
    mode: run
    cooldown: 1m
    rate: 5/10m
    on:
      webhook: {secret_file: secret, var: payload}
      files: {paths: [site.yml, "*.conf"], every: 10s, settle: 0s}
      prometheus: {url: "https://prom.example.org/", query: "sum(load)", above: 80, below: 2e1, for: 5m, every: 1m, hosts: [new, gone], token_file: secret}
`

func TestFull(t *testing.T) {
	dir := folder(t)
	f, found := Parse(filepath.Join(dir, "jobs.yaml"), []byte(full))
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	j := f.Jobs[0]
	if j.Name != "baseline" || j.Schedule.Zone().String() != "Europe/Berlin" || j.Jitter != 2*time.Minute || !j.All ||
		j.Keep != 14*24*time.Hour || j.Max.Of(50) != 5 || j.Serial != "25%" || j.Timeout != 20*time.Minute || len(j.Notify) != 3 {
		t.Errorf("baseline: %+v", j)
	}
	d := f.Jobs[1]
	if d.Schedule != nil || d.Rate != (Rate{5, 10 * time.Minute}) || d.Events.Webhook.Var != "payload" || d.Keep != 30*24*time.Hour {
		t.Errorf("deploy: %+v", d)
	}
	if w := d.Events.Files; len(w.Paths) != 2 || w.Paths[0] != filepath.Join(dir, "site.yml") || w.Every != 10*time.Second || w.Settle != 0 {
		t.Errorf("files: %+v", w)
	}
	if p := d.Events.Prometheus; p.URL != "https://prom.example.org" || *p.Above != 80 || *p.Below != 20 || p.For != 5*time.Minute || len(p.Hosts) != 2 {
		t.Errorf("prometheus: %+v", p)
	}
	if f.State != filepath.Join(dir, "runs") || f.External != "https://muster.example.org" || f.Tokens[0].Until.Year() != 2027 {
		t.Errorf("file: %+v", f)
	}
}

// TestMistakes: each is reported with its place, and all of a file at once.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ about, src, want string }{
		{"empty", "", "1:0: the jobs file is empty"},
		{"no jobs", "listen: :1", "1:1: the jobs file needs jobs"},
		{"a list", "- a", "1:1: the jobs file must be a mapping, not a list"},
		{"syntax", "jobs: [", "did not find"},
		{"an unknown key", "jobs: {}\nlisten_on: x", `2:1: the jobs file has no key "listen_on" (did you mean listen?)`},
		{"twice", "jobs: {}\njobs: {}", "2:1: the jobs file has jobs twice"},
		{"a name", "jobs: {a b: {playbook: site.yml}}", `1:8: "a b" is no name`},
		{"no playbook", "jobs: {a: {limit: web}}", "1:11: job a needs playbook"},
		{"a playbook that is not there", "jobs: {a: {playbook: gone.yml}}", "1:22: job a: playbook: stat"},
		{"an inventory that is not there", "jobs: {a: {playbook: site.yml, inventory: gone.ini}}", "1:43: job a: inventory: stat"},
		{"cron", "jobs: {a: {playbook: site.yml, schedule: every day}}", `1:42: job a: schedule: "every day" is no cron expression`},
		{"zone", "jobs: {a: {playbook: site.yml, schedule: '@daily', timezone: Mars}}", `there is no time zone "Mars"`},
		{"zone alone", "jobs: {a: {playbook: site.yml, timezone: UTC}}", "timezone without schedule"},
		{"jitter", "jobs: {a: {playbook: site.yml, schedule: '* * * * *', jitter: 2m}}", "jitter must be below the time between two runs, which is 1m0s"},
		{"duration", "jobs: {a: {playbook: site.yml, timeout: soon}}", `1:41: timeout must be a length of time, not "soon"`},
		{"timeout", "jobs: {a: {playbook: site.yml, timeout: 0s}}", "timeout must be above 0"},
		{"guards without correct", "jobs: {a: {playbook: site.yml, max_hosts: 5}}", "max_hosts is for mode: correct"},
		{"mode", "jobs: {a: {playbook: site.yml, mode: fix}}", `mode must be detect, correct or run, not "fix"`},
		{"window", "jobs: {a: {playbook: site.yml, mode: correct, window: night}}", `window "night"`},
		{"notifier", "jobs: {a: {playbook: site.yml, notify: chat}}", `job a: notify has no "chat"`},
		{"ways", "jobs: {}\nnotify: {n: {timeout: 5s}}", "exactly one of webhook, command and mail"},
		{"mail", "jobs: {}\nnotify: {n: {mail: {server: 'm:25', from: me, to: you@example.org}}}", "from: write it as name@example.org"},
		{"password", "jobs: {}\nusers: {ops: {password: hunter2}}", "a hash is needed, not the password"},
		{"a hash that is none", "jobs: {}\nusers: {ops: {password: $argon2id$…}}", "neither argon2id nor bcrypt"},
		{"token", "jobs: {}\ntokens: {ci: {sha256: abc}}", "as 64 hexadecimal digits"},
		{"an open password", "jobs: {a: {playbook: site.yml, become_file: open}}", "job a: become_file: others can read"},
		{"an open secret", "jobs: {a: {playbook: site.yml, on: {webhook: {secret_file: open}}}}", "others can read"},
		{"a variable", "jobs: {a: {playbook: site.yml, on: {webhook: {secret_file: secret, var: a-b}}}}", `"a-b" cannot be the name of a variable`},
		{"args", "jobs: {a: {playbook: site.yml, args: [--check]}}", "args cannot hold --check"},
		{"an event that nobody watches", "jobs: {a: {playbook: site.yml, on: {mail: {}}}}", `on has no key "mail"`},
		{"files", "jobs: {a: {playbook: site.yml, on: {files: {every: 5s}}}}", "files needs paths"},
		{"files that are not there", "jobs: {a: {playbook: site.yml, on: {files: {paths: [gone.yml, '*.none']}}}}", "files: paths: lstat"},
		{"a pattern of files", "jobs: {a: {playbook: site.yml, on: {files: {paths: 'a[b'}}}}", "syntax error in pattern"},
		{"looks that come too often", "jobs: {a: {playbook: site.yml, on: {files: {paths: site.yml, every: 5ms}}}}", "files: every must be at least 1s, not 5ms"},
		{"git without a clone", "jobs: {a: {playbook: site.yml, on: {git: {}}}}", "is no clone of a repository"},
		{"git with an option", "jobs: {a: {playbook: site.yml, on: {git: {remote: --upload-pack=x}}}}", `git: remote: "--upload-pack=x" is no name of a remote`},
		{"a query without a bound", "jobs: {a: {playbook: site.yml, on: {prometheus: {url: 'http://p', query: up}}}}", "prometheus needs above, below or both"},
		{"bounds the wrong way", "jobs: {a: {playbook: site.yml, on: {prometheus: {url: 'http://p', query: up, above: 1, below: 2}}}}", "below must not be more than above"},
		{"a bound", "jobs: {a: {playbook: site.yml, on: {prometheus: {url: 'http://p', query: up, above: high}}}}", "above: "},
		{"which hosts", "jobs: {a: {playbook: site.yml, on: {prometheus: {url: 'http://p', query: up, above: 1, hosts: old}}}}", `hosts must be new or gone, not "old"`},
		{"rate", "jobs: {a: {playbook: site.yml, rate: often}}", "rate: write it as 10/1h"},
		{"store", "jobs: {}\nstore: mysql://x", "mysql:// is not supported"},
		{"listen", "jobs: {}\nlisten: nowhere", "listen: write it as"},
		{"tls", "jobs: {}\ntls: {cert: secret}", "tls needs key"},
	} {
		dir := folder(t)
		_, found := Parse(filepath.Join(dir, "jobs.yaml"), []byte(c.src))
		var lines []string
		for _, d := range found {
			lines = append(lines, strings.TrimPrefix(d.Error(), filepath.Join(dir, "jobs.yaml")+":"))
		}
		text := strings.Join(lines, "\n")
		want := strings.Replace(c.want, "1:0: ", " ", 1)
		if !strings.Contains(text, want) {
			t.Errorf("%s: got %q, want %q", c.about, text, want)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, found := Parse(filepath.Join(folder(t), "jobs.yaml"), []byte("parallel: 0\njobs: {a: {mode: x}, b: {playbook: site.yml, overlap: y}}\nfoo: 1\n"))
	if len(found) != 5 {
		t.Errorf("%d mistakes: %v", len(found), found)
	}
}

func TestClearText(t *testing.T) {
	src := "listen: :8420\njobs: {}\nusers: {ops: {password: $2a$04$Zf5yX9Y4T1vK6fCq2rQ0yOeD8n4n4mQ9Zy6oQ0gT1S3vTg9pQ1a2e}}\n"
	_, found := Parse(filepath.Join(folder(t), "jobs.yaml"), []byte(src))
	if len(found) != 1 || found[0].Severity != diag.Warning {
		t.Errorf("got %v", found)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("jobs: &a {x: *a}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, found := Parse("/nowhere/jobs.yaml", src)
		if file == nil && found.Err() == nil {
			t.Error("neither a file nor a mistake")
		}
	})
}
