package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The verdicts.
const (
	passed   = "pass"
	partly   = "pass in part"
	failed   = "fail"
	notScope = "out of scope"
	notRun   = "not run"
)

// killGrace is how long a killed target's children may keep its output open.
const killGrace = 5 * time.Second

// result is what became of a target.
type result struct {
	target  target
	verdict string
	why     string // of any verdict but pass
	took    time.Duration
	output  string
}

// runAll runs targets, some at once, and returns their results in the order of the list.
func (s *stage) runAll(ctx context.Context, targets []target, done func(result)) []result {
	results := make([]result, len(targets))
	slots := make(chan struct{}, s.jobs)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i, t := range targets {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = s.runOne(ctx, t)
			mu.Lock()
			defer mu.Unlock()
			done(results[i])
		})
	}
	wg.Wait()
	return results
}

// runOne runs one target; whatever goes wrong is its result.
func (s *stage) runOne(ctx context.Context, t target) result {
	r := result{target: t, verdict: notRun}
	switch {
	case ctx.Err() != nil:
		r.why = "interrupted"
		return r
	case t.reference == "not run":
		r.why = t.outOfScope
		return r
	case t.system && !s.system:
		r.why = "changes this machine; say -system where that may happen"
		return r
	}
	if _, err := os.Stat(s.integration("targets", t.name)); err != nil {
		r.why = "the sources have no such target"
		return r
	}
	start := time.Now()
	err := leaveOut(s.parts, t.name, s.integration("targets", t.name))
	output := ""
	if err == nil {
		output, err = s.execute(ctx, t)
	}
	r.took, r.output = time.Since(start), output
	skipped := leftOut(s.parts, t.name)
	switch {
	case err == nil && len(skipped) > 0:
		r.verdict, r.why = partly, "left out: "+strings.Join(skipped, "; ")
	case err == nil:
		r.verdict = passed
	case t.outOfScope != "":
		r.verdict, r.why = notScope, t.outOfScope+"; "+firstFailure(output, err)
	default:
		r.verdict, r.why = failed, firstFailure(output, err)
	}
	return r
}

// execute runs a target in a process group of its own and returns what it printed.
func (s *stage) execute(ctx context.Context, t target) (string, error) {
	outputDir, home := filepath.Join(s.dir, "output", t.name), s.home(t)
	for _, d := range []string{outputDir, home} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return "", err
		}
	}
	logPath := filepath.Join(s.dir, "logs", t.name)
	log, err := os.Create(logPath)
	if err != nil {
		return "", err
	}
	defer log.Close()
	limited, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	c, err := s.command(limited, t, outputDir)
	if err != nil {
		return "", err
	}
	c.Env, c.Stdout, c.Stderr, c.WaitDelay = append(s.environment(outputDir, home), c.Env...), log, log, killGrace
	ownGroup(c)
	err = c.Run()
	if limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("did not end within %s", s.limit)
	}
	output, readErr := os.ReadFile(logPath)
	return string(output), errors.Join(err, readErr)
}

// home is the home folder of a target: one of its own, and the user's where the machine may be changed.
func (s *stage) home(t target) string {
	if dir, err := os.UserHomeDir(); err == nil && s.system {
		return dir
	}
	return filepath.Join(s.dir, "home", t.name)
}

// command is how a target starts: its script, or a playbook with its role.
func (s *stage) command(ctx context.Context, t target, outputDir string) (*exec.Cmd, error) {
	if t.script {
		c := exec.CommandContext(ctx, "./runme.sh")
		c.Dir = s.integration("targets", t.name)
		c.Env = []string{"ANSIBLE_PLAYBOOK_DIR=" + c.Dir}
		return c, nil
	}
	play := []map[string]any{{
		"hosts": "testhost", "gather_facts": true, "vars": map[string]any{"output_dir": outputDir}, "vars_files": []string{}, "roles": []string{t.name},
	}}
	text, err := json.MarshalIndent(play, "", "    ")
	if err != nil {
		return nil, err
	}
	book := s.integration(t.name + "-role.yml")
	if err := os.WriteFile(book, text, 0o644); err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, filepath.Join(s.bin(), "ansible-playbook"), filepath.Base(book), "-i", "inventory")
	c.Dir, c.Env = s.integration(), []string{"ANSIBLE_ROLES_PATH=" + s.integration("targets"), "ANSIBLE_PLAYBOOK_DIR=" + s.integration()}
	return c, nil
}

func toRecords(results []result) []record {
	list := make([]record, len(results))
	for i, r := range results {
		list[i] = record{Target: r.target.name, Verdict: r.verdict, Why: r.why, Seconds: r.took.Seconds()}
	}
	return list
}

// fromRecords joins what came back from a host of the lab with the list of targets.
func fromRecords(records []record) ([]result, error) {
	targets, err := readTargets(targetList)
	if err != nil {
		return nil, err
	}
	byName := map[string]target{}
	for _, t := range targets {
		byName[t.name] = t
	}
	results := make([]result, len(records))
	for i, r := range records {
		results[i] = result{target: byName[r.Target], verdict: r.Verdict, why: r.Why, took: time.Duration(r.Seconds * float64(time.Second))}
	}
	return results, nil
}
