package executor

import (
	"context"
	"sort"

	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// PlayInfo describes a play without running it.
type PlayInfo struct {
	Name    string
	Pattern string
	Hosts   []string
	Tags    []string
	Tasks   []TaskInfo // those that the tags of the run select
}

// TaskInfo describes a task.
type TaskInfo struct {
	Name string
	Tags []string
}

// Describe resolves the hosts of a play and lists its tasks as far as they are known before it runs.
func (x *Executor) Describe(p *playbook.Play) (PlayInfo, error) {
	hosts, err := x.playHosts(p)
	if err != nil {
		return PlayInfo{}, err
	}
	name, err := x.playName(p)
	if err != nil {
		return PlayInfo{}, err
	}
	info := PlayInfo{Name: name, Pattern: hostPattern(templateText(p.Hosts))}
	for _, h := range hosts {
		info.Hosts = append(info.Hosts, h.name)
	}
	run := &playRun{x: x, play: p, name: name, hosts: hosts}
	if err := run.prepare(nil); err != nil {
		return PlayInfo{}, err
	}
	own := map[string]bool{}
	for _, a := range p.Root.Tags {
		addTags(own, templateText(a.Value))
	}
	info.Tags = sortedKeys(own)
	for _, role := range p.Roles {
		for _, r := range role.Flatten() {
			info.Tasks = append(info.Tasks, run.describe([]playbook.Node{r.Block})...)
		}
	}
	pre := run.describe(p.PreTasks)
	info.Tasks = append(pre, append(info.Tasks, run.describe(p.Tasks)...)...)
	info.Tasks = append(info.Tasks, run.describe(p.PostTasks)...)
	return info, nil
}

// describe lists the selected tasks of a list of nodes.
func (p *playRun) describe(nodes []playbook.Node) []TaskInfo {
	var out []TaskInfo
	for _, n := range nodes {
		switch n := n.(type) {
		case *playbook.Block:
			for _, list := range [][]playbook.Node{n.Body, n.Rescue, n.Always} {
				out = append(out, p.describe(list)...)
			}
		case *playbook.Task:
			if metaOf(n) != "" || !p.tags.wants(p, n, nil) {
				continue
			}
			out = append(out, TaskInfo{Name: p.taskTitle(n, nil), Tags: sortedKeys(p.tags.tagsOf(p, n, nil))})
		}
	}
	return out
}

func sortedKeys(m map[string]bool) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// HostContext returns a template context with the variables of a host, as a task of a playbook in dir would see them.
func (x *Executor) HostContext(ctx context.Context, host, dir string) *jinja.Context {
	x.base = ctx
	p := &playRun{x: x, play: &playbook.Play{Attrs: playbook.Attrs{}, Dir: dir, Root: &playbook.Block{Attrs: playbook.Attrs{}}}}
	p.play.Root.Play = p.play
	return x.newScope(p, x.hosts.get(host), nil).context()
}
