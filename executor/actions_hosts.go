package executor

import (
	"context"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// addHost adds a host to the inventory of the run.
func addHost(_ context.Context, c *call) *itemResult {
	args := c.args.Clone()
	if raw, ok := args.Get(playbook.RawParams); ok {
		for k, v := range playbook.KeyValues(value.Str(raw), c.t.task.Pos).All() {
			args.Set(k, templateText(v)) // it was rendered: what it holds is data
		}
		args.Delete(playbook.RawParams)
	}
	name := ""
	for _, k := range []string{"name", "hostname", "host"} {
		if v, ok := args.Get(k); ok && name == "" && v != nil {
			name = value.Str(v)
		}
		args.Delete(k)
	}
	if name == "" {
		return failedResult("name, host or hostname needs to be provided")
	}
	var groups []string
	for _, k := range []string{"groups", "groupname", "group"} {
		if _, ok := args.Get(k); ok {
			for _, g := range argList(args, k) {
				if g != "" {
					groups = append(groups, g)
				}
			}
			args.Delete(k)
		}
	}
	vars := value.NewDict()
	for k, v := range args.All() {
		vars.Set(k, v)
	}
	host, port := splitHostPort(name)
	if n, ok := toInt(port); ok {
		vars.Set("ansible_ssh_port", n)
	}
	changed, err := c.t.x.o.Inventory.AddHost(host, groups, vars)
	if err != nil {
		return failedResult("%s", err)
	}
	return newResult("changed", changed, "add_host", value.DictOf("host_name", host, "groups", textList(groups), "host_vars", vars))
}

// splitHostPort takes name:port apart; an IPv6 address without brackets has no port.
func splitHostPort(s string) (string, string) {
	if strings.HasPrefix(s, "[") {
		if i := strings.Index(s, "]:"); i > 0 {
			return s[1:i], s[i+2:]
		}
		return strings.Trim(s, "[]"), ""
	}
	if strings.Count(s, ":") == 1 {
		h, p, _ := strings.Cut(s, ":")
		return h, p
	}
	return s, ""
}

// groupBy puts the host into a group made from its variables.
func groupBy(_ context.Context, c *call) *itemResult {
	if bad := c.only("key", "parents", playbook.RawParams); bad != nil {
		return bad
	}
	key := c.text("key", playbook.RawParams)
	if key == "" {
		return failedResult("the 'key' param is required when using group_by")
	}
	group := strings.ReplaceAll(key, " ", "-")
	parents := argList(c.args, "parents")
	if len(parents) == 0 {
		parents = []string{"all"}
	}
	for i := range parents {
		parents[i] = strings.ReplaceAll(parents[i], " ", "-")
	}
	changed, err := c.t.x.o.Inventory.AddToGroup(c.t.host.name, group, parents)
	if err != nil {
		return failedResult("%s", err)
	}
	return newResult("changed", changed, "add_group", group, "parent_groups", textList(parents))
}
