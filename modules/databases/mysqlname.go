package databases

import "strings"

// quoteName writes the name of a database, table or variable as a statement takes it.
func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quoteText writes a text as a statement takes it, where backslashes are escapes.
func quoteText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`).Replace(s) + "'"
}

// accountName writes an account: 'user'@'host'.
func accountName(user, host string) string { return quoteText(user) + "@" + quoteText(host) }
