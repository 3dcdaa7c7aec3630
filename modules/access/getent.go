package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// GetentParams are the parameters of getent.
type GetentParams struct {
	Database string  `param:"database,required" doc:"Name of the database, such as passwd, group or hosts."`
	Key      string  `param:"key" doc:"The entry to look for; all of them if not given."`
	Service  *string `param:"service" doc:"Ask this source only, such as files."`
	Split    *string `param:"split" doc:"What separates the fields of an entry; a colon or blanks, as the database has it, if not given."`
	FailKey  bool    `param:"fail_key" default:"true" doc:"Fail when the key is not found; else its value is null."`
}

// Getent looks entries up in the host's name service.
func Getent() modules.Module {
	return modules.Query[GetentParams]{
		Info: modules.Info{
			Name:    "getent",
			Summary: "Look entries up in passwd, group, hosts and the like.",
			Notes:   "The entries become the fact getent_DATABASE: a list of fields for each key.",
			Facts:   true,
			Examples: `
- name: Get root's account
  getent:
    database: passwd
    key: root
- debug:
    var: ansible_facts.getent_passwd
`,
		},
		Run: func(ctx context.Context, r sys.Reader, p GetentParams) (modules.Result, error) { return p.look(ctx, r) },
	}.Module()
}

func (p GetentParams) look(ctx context.Context, r sys.Reader) (modules.Result, error) {
	argv := []string{"getent", p.Database}
	if p.Key != "" {
		argv = append(argv, p.Key)
	}
	if p.Service != nil {
		argv = append(argv, "-s", *p.Service)
	}
	out, err := r.Query(ctx, sys.Command{Argv: argv})
	if err != nil {
		return nil, fmt.Errorf("getent: %w", err)
	}
	fact := "getent_" + p.Database
	switch {
	case out.Code == 0:
		return modules.Result{"ansible_facts": map[string]any{fact: p.parse(string(out.Stdout))}}, nil
	case out.Code == 1:
		return nil, fmt.Errorf("Missing arguments, or database unknown.") //nolint:staticcheck // the words users know
	case out.Code == 2 && !p.FailKey:
		return modules.Result{"ansible_facts": map[string]any{fact: map[string]any{p.Key: nil}},
			"msg": "One or more supplied key could not be found in the database."}, nil
	case out.Code == 2:
		return nil, fmt.Errorf("One or more supplied key could not be found in the database.") //nolint:staticcheck // likewise
	case out.Code == 3:
		return nil, fmt.Errorf("Enumeration not supported on this database.") //nolint:staticcheck // likewise
	}
	return nil, fmt.Errorf("Unexpected failure!") //nolint:staticcheck // likewise
}

// parse takes entries apart. Of a key that comes several times, each entry is a list of its own.
func (p GetentParams) parse(out string) map[string]any {
	separator := ""
	if slices.Contains([]string{"passwd", "shadow", "group", "gshadow"}, p.Database) {
		separator = ":"
	}
	if p.Split != nil {
		separator = *p.Split
	}
	entries := map[string][]any{}
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
		fields := strings.Fields(line)
		if separator != "" {
			fields = strings.Split(line, separator)
		}
		if len(fields) == 0 {
			continue
		}
		entries[fields[0]] = append(entries[fields[0]], fields[1:])
	}
	all := map[string]any{}
	for key, list := range entries {
		all[key] = list[0]
		if len(list) > 1 {
			all[key] = list
		}
	}
	return all
}
