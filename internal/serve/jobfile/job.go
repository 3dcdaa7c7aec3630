package jobfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/drift/guard"
	"github.com/musterhq/muster/internal/serve/schedule"
)

func (r *reader) job(f *File, k, v *yaml.Node) {
	j := &Job{
		Name: k.Value, Pos: r.pos(k), Dir: filepath.Dir(r.file), Overlap: OverlapSkip, Missed: schedule.MissedOnce,
		Mode: Detect, Timeout: time.Hour, Rate: Rate{Runs: 10, Per: time.Hour}, Keep: -1,
	}
	var cron, zone string
	var cronNode *yaml.Node
	before := len(r.found)
	r.mapping(v, "job "+j.Name, keys{
		"playbook":      r.texts(&j.Playbooks, "playbook"),
		"inventory":     r.texts(&j.Inventory, "inventory"),
		"limit":         r.text(&j.Limit, "limit"),
		"tags":          r.texts(&j.Tags, "tags"),
		"skip_tags":     r.texts(&j.SkipTags, "skip_tags"),
		"vars_files":    r.texts(&j.VarsFiles, "vars_files"),
		"vault_file":    r.path(&j.VaultFile, "vault_file"),
		"become_file":   r.path(&j.BecomeFile, "become_file"),
		"password_file": r.path(&j.PasswordFile, "password_file"),
		"key":           r.path(&j.Key, "key"),
		"args":          r.texts(&j.Args, "args"),
		"dir":           r.path(&j.Dir, "dir"),
		"schedule":      func(n *yaml.Node) { cronNode = n; r.text(&cron, "schedule")(n) },
		"timezone":      r.text(&zone, "timezone"),
		"jitter":        r.duration(&j.Jitter, "jitter"),
		"overlap":       choice(r, &j.Overlap, "overlap", OverlapSkip, OverlapQueue),
		"missed":        choice(r, &j.Missed, "missed", schedule.MissedSkip, schedule.MissedOnce, schedule.MissedAll),
		"paused":        r.flag(&j.Paused, "paused"),
		"mode":          choice(r, &j.Mode, "mode", Detect, Correct, Run),
		"correct":       func(n *yaml.Node) { r.correct(j, n) },
		"max_hosts":     parsed(r, &j.Max, "max_hosts", guard.ParseLimit),
		"window":        parsed(r, &j.Window, "window", guard.ParseWindow),
		"serial":        parsed(r, &j.Serial, "serial", parseSerial),
		"timeout":       r.duration(&j.Timeout, "timeout"),
		"keep":          r.duration(&j.Keep, "keep"),
		"notify":        r.texts(&j.Notify, "notify"),
		"cooldown":      r.duration(&j.Cooldown, "cooldown"),
		"rate":          parsed(r, &j.Rate, "rate", parseRate),
		"on":            func(n *yaml.Node) { r.events(j, n) },
	}, "playbook")
	if cronNode != nil && cron != "" {
		s, err := schedule.Parse(cron, zone)
		if err != nil {
			r.errorf(cronNode, "job %s: schedule: %v", j.Name, err)
		}
		j.Schedule = s
	}
	if len(r.found) == before {
		r.coherent(j, v, zone != "")
	}
	if j.Keep < 0 {
		j.Keep = f.Retention
	}
	f.Jobs = append(f.Jobs, j)
}

// correct reads which drift is put right: corrective, or all.
func (r *reader) correct(j *Job, n *yaml.Node) {
	var word string
	choice(r, &word, "correct", "corrective", "all")(n)
	j.All = word == "all"
}

func parseSerial(s string) (string, error) {
	if ok, _ := regexp.MatchString(`^[1-9][0-9]*%?$`, s); !ok {
		return "", errors.New("write it as 5 or 10%")
	}
	return s, nil
}

// parseRate reads 10/1h.
func parseRate(s string) (Rate, error) {
	number, per, found := strings.Cut(s, "/")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	d, errD := ParseDuration(strings.TrimSpace(per))
	if !found || err != nil || errD != nil || n < 1 || d <= 0 {
		return Rate{}, errors.New("write it as 10/1h")
	}
	return Rate{Runs: n, Per: d}, nil
}

// coherent checks a job whose keys are right one by one.
func (r *reader) coherent(j *Job, n *yaml.Node, zoned bool) {
	if j.Mode != Correct {
		for key, given := range map[string]bool{"correct": j.All, "max_hosts": j.Max != guard.Limit{}, "window": j.Window != guard.Window{}, "serial": j.Serial != ""} {
			if given {
				r.errorf(at(n, key), "job %s: %s is for mode: correct", j.Name, key)
			}
		}
	}
	switch {
	case zoned && j.Schedule == nil:
		r.errorf(at(n, "timezone"), "job %s: timezone without schedule", j.Name)
	case j.Jitter > 0 && j.Schedule == nil:
		r.errorf(at(n, "jitter"), "job %s: jitter without schedule", j.Name)
	}
	if j.Schedule != nil && j.Jitter > 0 {
		first := j.Schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		if gap := j.Schedule.Next(first).Sub(first); j.Jitter >= gap {
			r.errorf(at(n, "jitter"), "job %s: jitter must be below the time between two runs, which is %s", j.Name, gap)
		}
	}
	if j.Timeout <= 0 {
		r.errorf(at(n, "timeout"), "job %s: timeout must be above 0", j.Name)
	}
	r.forbidden(j, n)
	r.jobFiles(j, n)
}

// forbidden refuses words for the command line that would undo what the job says.
func (r *reader) forbidden(j *Job, n *yaml.Node) {
	for _, a := range j.Args {
		name, _, _ := strings.Cut(a, "=")
		if slices.Contains([]string{"--check", "-C", "--correct", "--all", "--output", "--run-id", "-K", "-k", "--ask-pass", "--ask-become-pass", "-J", "--ask-vault-password", "--step"}, name) {
			r.errorf(at(n, "args"), "job %s: args cannot hold %s: the daemon decides it, and nobody is there to answer questions", j.Name, name)
		}
	}
}

// jobFiles makes sure that what a job names is there.
func (r *reader) jobFiles(j *Job, n *yaml.Node) {
	if st, err := os.Stat(j.Dir); err != nil || !st.IsDir() {
		r.errorf(at(n, "dir"), "job %s: dir: %s is no folder", j.Name, j.Dir)
		return
	}
	for _, f := range j.files() {
		if _, err := os.Stat(f.path); err != nil {
			r.errorf(at(n, f.key), "job %s: %s: %v", j.Name, f.key, err)
		}
	}
	for what, p := range map[string]string{"vault_file": j.VaultFile, "key": j.Key, "become_file": j.BecomeFile, "password_file": j.PasswordFile} {
		if p != "" {
			r.secret(at(n, what), fmt.Sprintf("job %s: %s", j.Name, what), p)
		}
	}
}

// namedFile is a file that a job names, and the key that does.
type namedFile struct{ key, path string }

// files are what a job names and reads when it runs; inventories may be host lists.
func (j *Job) files() (out []namedFile) {
	add := func(key string, paths []string) {
		for _, p := range paths {
			if key == "inventory" && strings.Contains(p, ",") {
				continue
			}
			if !filepath.IsAbs(p) {
				p = filepath.Join(j.Dir, p)
			}
			out = append(out, namedFile{key, p})
		}
	}
	add("playbook", j.Playbooks)
	add("inventory", j.Inventory)
	add("vars_files", j.VarsFiles)
	return out
}

// Missing says which file that the job names is not there any more; nil when all are.
func (j *Job) Missing() error {
	for _, f := range j.files() {
		if _, err := os.Stat(f.path); err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
	}
	return nil
}
