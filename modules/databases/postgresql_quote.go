package databases

import "strings"

// pgName quotes an identifier, whatever is in it.
func pgName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// pgNames quotes identifiers, separated by commas.
func pgNames(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = pgName(n)
	}
	return strings.Join(out, ", ")
}

// pgText quotes a text, whatever is in it and however standard_conforming_strings is set.
func pgText(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// pgArray writes texts as an array's literal.
func pgArray(items []string) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(item) + `"`
	}
	return "{" + strings.Join(out, ",") + "}"
}

// pgList splits a list that is separated by commas.
func pgList(text string) []string {
	var out []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
