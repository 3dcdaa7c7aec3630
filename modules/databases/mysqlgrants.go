package databases

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// mysqlGrants are privileges by what they are on, as statements name it: *.*, `shop`.*, FUNCTION `shop`.`total`. Privileges
// are in upper case and sorted; GRANT stands for the right to pass them on, ALL for all of them. USAGE, which means none, is left out.
type mysqlGrants map[string][]string

const allPrivileges, grantOption = "ALL", "GRANT"

// parseGrant reads a line of SHOW GRANTS. ok is false for lines that grant a role or the right to stand in for another account.
func parseGrant(line string) (on string, privileges []string, ok bool) {
	rest, found := strings.CutPrefix(line, "GRANT ")
	if !found {
		return "", nil, false
	}
	list, rest, found := cutOutsideQuotes(rest, " ON ")
	if !found || list == "PROXY" {
		return "", nil, false
	}
	on, rest, found = cutOutsideQuotes(rest, " TO ")
	if !found {
		return "", nil, false
	}
	privileges = splitPrivileges(list)
	if _, _, may := cutOutsideQuotes(rest, " WITH GRANT OPTION"); may {
		privileges = append(privileges, grantOption)
	}
	return on, normalPrivileges(privileges), true
}

// cutOutsideQuotes cuts a statement at the first separator that is in neither quotes nor parentheses.
func cutOutsideQuotes(s, sep string) (before, after string, found bool) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\'', '"', '`':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return s, "", false
			}
			i += end + 1
			continue
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 && strings.HasPrefix(s[i:], sep) {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// splitPrivileges splits at the commas that are not between parentheses.
func splitPrivileges(list string) []string {
	var out []string
	for {
		one, rest, more := cutOutsideQuotes(list, ",")
		out = append(out, strings.TrimSpace(one))
		if !more {
			return out
		}
		list = rest
	}
}

var privilegeColumns = regexp.MustCompile(`^(.*?)\s*\((.*)\)$`)

// normalPrivileges sorts privileges and the columns in them, and leaves out what means nothing.
func normalPrivileges(list []string) []string {
	out := []string{}
	for _, p := range list {
		if m := privilegeColumns.FindStringSubmatch(p); m != nil {
			columns := strings.Split(m[2], ",")
			for i, c := range columns {
				columns[i] = strings.Trim(strings.TrimSpace(c), "`")
			}
			slices.Sort(columns)
			p = m[1] + " (" + strings.Join(columns, ", ") + ")"
		}
		switch p {
		case "ALL PRIVILEGES":
			p = allPrivileges
		case "USAGE", "":
			continue
		}
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// grantColumns quotes the columns of a privilege for a statement.
func grantColumns(privilege string) string {
	m := privilegeColumns.FindStringSubmatch(privilege)
	if m == nil {
		return privilege
	}
	columns := strings.Split(m[2], ", ")
	for i, c := range columns {
		columns[i] = quoteName(c)
	}
	return m[1] + " (" + strings.Join(columns, ", ") + ")"
}

// parsePriv reads what a task says of privileges: a text db.table:PRIV,PRIV/db.table:PRIV, or a mapping of the same.
func parsePriv(v any) (mysqlGrants, error) {
	entries, err := privEntries(v)
	if err != nil {
		return nil, err
	}
	grants := mysqlGrants{}
	for _, entry := range entries {
		at := strings.LastIndexByte(entry, ':')
		if at < 0 {
			return nil, fmt.Errorf("priv: %q names no privileges: write it as database.table:PRIVILEGE,PRIVILEGE", entry)
		}
		on, err := grantObject(strings.TrimSpace(entry[:at]))
		if err != nil {
			return nil, err
		}
		list := splitPrivileges(entry[at+1:])
		for i, p := range list {
			if m := privilegeColumns.FindStringSubmatch(p); m != nil {
				list[i] = strings.ToUpper(m[1]) + " (" + m[2] + ")"
				continue
			}
			list[i] = strings.ToUpper(p)
		}
		grants[on] = normalPrivileges(list)
	}
	return grants, nil
}

func privEntries(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return strings.Split(strings.TrimSpace(v), "/"), nil
	case map[string]any:
		var entries []string
		for _, on := range slices.Sorted(maps.Keys(v)) {
			entries = append(entries, fmt.Sprintf("%s:%v", on, v[on]))
		}
		return entries, nil
	}
	return nil, fmt.Errorf("priv parameter must be str or dict but %T was passed", v)
}

// grantObject writes what privileges are on as SHOW GRANTS does.
func grantObject(name string) (string, error) {
	kind := ""
	for _, k := range []string{"FUNCTION ", "PROCEDURE "} {
		if rest, is := strings.CutPrefix(name, k); is {
			kind, name = k, rest
		}
	}
	database, table, found := strings.Cut(name, ".")
	if at := strings.LastIndexByte(name, '.'); found {
		database, table = name[:at], name[at+1:]
	}
	if !found {
		return "", fmt.Errorf("priv: %q is no database.table", name)
	}
	for _, side := range []*string{&database, &table} {
		if bare := strings.Trim(*side, "`"); bare != "*" {
			*side = quoteName(bare)
		}
	}
	return kind + database + "." + table, nil
}

// spelled returns privileges as others spell them that mean the same: the case of columns means nothing to a server.
func spelled(list, others []string) []string {
	out := slices.Clone(list)
	for i, p := range out {
		if at := slices.IndexFunc(others, func(o string) bool { return strings.EqualFold(o, p) }); at >= 0 {
			out[i] = others[at]
		}
	}
	slices.Sort(out)
	return out
}

// without returns the privileges of a that b lacks.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(p string) bool { return slices.Contains(b, p) })
}
