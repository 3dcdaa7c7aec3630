package executor

import (
	"context"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// PlayInfo describes a play without running it.
type PlayInfo struct {
	Name     string
	Patterns []string // of hosts, as the play lists them
	Hosts    []string
	Tags     []string   // of the play itself, as it lists them
	Tasks    []TaskInfo // those that the tags of the run select; not the ones that stand in for others (rescue, always)
}

// TaskInfo describes a task.
type TaskInfo struct {
	Name string
	Tags []string // sorted, with those of all around the task
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
	info := PlayInfo{Name: name, Patterns: hostPatterns(templateText(p.Hosts))}
	for _, h := range hosts {
		info.Hosts = append(info.Hosts, h.name)
	}
	run := &playRun{x: x, play: p, name: name, hosts: hosts}
	if err := run.prepare(nil); err != nil {
		return PlayInfo{}, err
	}
	for _, a := range p.Root.Tags {
		info.Tags = append(info.Tags, listedTags(templateText(a.Value))...)
	}
	info.Tasks = run.describe(p.PreTasks)
	for _, role := range p.Roles {
		for _, r := range role.Flatten() {
			info.Tasks = append(info.Tasks, run.describe([]playbook.Node{r.Block})...)
		}
	}
	info.Tasks = append(info.Tasks, run.describe(p.Tasks)...)
	info.Tasks = append(info.Tasks, run.describe(p.PostTasks)...)
	return info, nil
}

// listedTags are the tags of a keyword in their own order.
func listedTags(v any) []string {
	if l, ok := v.(*value.List); ok {
		var out []string
		for _, item := range l.Items {
			out = append(out, listedTags(item)...)
		}
		return out
	}
	var out []string
	for part := range strings.SplitSeq(value.Str(v), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// countTasks counts the tasks of the play that are known before it runs and that the tags of the run select.
func (p *playRun) countTasks() int {
	q := &playRun{x: p.x, play: p.play, name: p.name, hosts: p.hosts, tags: newTagFilter(p.x.o.Tags, p.x.o.SkipTags)}
	n := 0
	for _, section := range p.sections {
		n += q.count(section)
	}
	return n
}

func (p *playRun) count(nodes []playbook.Node) int {
	n := 0
	for _, node := range nodes {
		switch node := node.(type) {
		case *playbook.Block:
			n += p.count(node.Body)
		case *playbook.Task:
			if metaOf(node) == "" && p.tags.wants(p, node, nil) {
				n++
			}
		}
	}
	return n
}

// describe lists the selected tasks of a list of nodes.
func (p *playRun) describe(nodes []playbook.Node) []TaskInfo {
	var out []TaskInfo
	for _, n := range nodes {
		switch n := n.(type) {
		case *playbook.Block:
			out = append(out, p.describe(n.Body)...)
		case *playbook.Task:
			if p.implicit(n) || !p.tags.wants(p, n, nil) {
				continue
			}
			name := n.Action
			if n.Name() != nil {
				name = p.writtenTitle(n)
			}
			out = append(out, TaskInfo{Name: name, Tags: sortedKeys(p.tags.tagsOf(p, n, nil))})
		}
	}
	return out
}

// writtenTitle is a task's name as it stands in the playbook, with the role before it.
func (p *playRun) writtenTitle(t *playbook.Task) string {
	name := value.Str(templateText(t.Name()))
	if r := t.Role(); r != nil {
		return r.Name + " : " + name
	}
	return name
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
