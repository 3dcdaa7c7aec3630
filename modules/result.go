package modules

import "fmt"

func failf(format string, args ...any) Result {
	return Result{"failed": true, "changed": false, "msg": fmt.Sprintf(format, args...)}
}
