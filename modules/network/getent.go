package network

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type getentParams struct {
	Database string  `param:"database,required" doc:"The database, such as passwd, group, hosts or services."`
	Key      *string `param:"key" doc:"The entry to look up; by default all are listed."`
	Service  *string `param:"service" doc:"The source to ask, instead of those that the host is set to."`
	Split    *string `param:"split" doc:"What separates the fields; known for the common databases, else blanks."`
	FailKey  bool    `param:"fail_key" default:"true" doc:"Whether a missing entry fails the task; otherwise it is null."`
}

// Getent is the module getent.
func Getent() modules.Module {
	return modules.Query[getentParams]{
		Info: modules.Info{
			Name:    "getent",
			Summary: "Looks entries of the host's name databases up, as facts.",
			Facts:   true,
			Examples: `- name: Know the users
  getent:
    database: passwd

- name: Know one group
  getent:
    database: group
    key: adm
`,
		},
		Run: runGetent,
	}.Module()
}

func runGetent(ctx context.Context, r sys.Reader, p getentParams) (modules.Result, error) {
	argv := []string{"getent", p.Database}
	if p.Key != nil {
		argv = append(argv, *p.Key)
	}
	if p.Service != nil {
		argv = append(argv, "-s", *p.Service)
	}
	if strings.HasPrefix(p.Database, "-") {
		return nil, fmt.Errorf("%q is no database", p.Database)
	}
	out, err := r.Query(ctx, sys.Command{Argv: argv})
	if err != nil {
		return nil, fmt.Errorf("Failed to find required executable \"getent\" in paths: %w", err)
	}
	name := "getent_" + p.Database
	switch out.Code {
	case 0:
		entries, order := parseGetent(string(out.Stdout), separator(p))
		return modules.Result{"ansible_facts": map[string]any{name: entries}, modules.OrderKey: map[string]any{"ansible_facts." + name: order}}, nil
	case 1:
		return nil, fmt.Errorf("Missing arguments, or database unknown.")
	case 2:
		const missing = "One or more supplied key could not be found in the database."
		if !p.FailKey && p.Key != nil {
			return modules.Result{"msg": missing, "ansible_facts": map[string]any{name: map[string]any{*p.Key: nil}}}, nil
		}
		return nil, fmt.Errorf("%s", missing)
	case 3:
		return nil, fmt.Errorf("Enumeration not supported on this database.")
	default:
		return nil, fmt.Errorf("Unexpected failure!")
	}
}

// separator is what the fields of a database are separated by; "" stands for blanks.
func separator(p getentParams) string {
	if p.Split != nil {
		return *p.Split
	}
	switch p.Database {
	case "passwd", "shadow", "group", "gshadow":
		return ":"
	default:
		return ""
	}
}

// parseGetent maps first fields to the others; entries of one name become a list of lists. The order is the database's.
func parseGetent(out, split string) (entries map[string]any, order []any) {
	entries = map[string]any{}
	times := map[string]int{}
	for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		if line == "" {
			continue
		}
		fields := strings.Fields(line)
		if split != "" {
			fields = strings.Split(line, split)
		}
		if len(fields) == 0 {
			continue
		}
		rest := make([]any, 0, len(fields))
		for _, f := range fields[1:] {
			rest = append(rest, f)
		}
		key := fields[0]
		times[key]++
		switch times[key] {
		case 1:
			entries[key] = rest
			order = append(order, key)
		case 2:
			entries[key] = []any{entries[key], rest}
		default:
			entries[key] = append(entries[key].([]any), rest)
		}
	}
	return entries, order
}
