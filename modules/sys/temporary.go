package sys

import "strings"

// temporaryPrefix starts the names of the files that WriteFile fills before it renames them over their targets.
const temporaryPrefix = ".muster-"

// IsTemporary reports whether a file's name is one that WriteFile gives to temporary files. Such a file is left over only
// where the process died within WriteFile.
func IsTemporary(name string) bool {
	digits, ok := strings.CutPrefix(name, temporaryPrefix)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
