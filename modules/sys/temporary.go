package sys

import (
	"strconv"
	"strings"
	"time"
)

// temporaryPrefix starts the names of the files that WriteFile fills before it renames them over their targets.
const temporaryPrefix = ".muster-"

// TemporaryName is a name for something that is made beside its target and then renamed over it.
func TemporaryName(now time.Time) string {
	return temporaryPrefix + strconv.FormatInt(now.UnixNano(), 10)
}

// IsTemporary reports whether a name is one that WriteFile and TemporaryName give. What has such a name is left over only
// where the process died before it was renamed.
func IsTemporary(name string) bool {
	digits, ok := strings.CutPrefix(name, temporaryPrefix)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
