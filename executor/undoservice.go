package executor

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// serviceGone reports whether a result is that of a handler of the play which a rollback ran again for a service that the
// host does not have any more: its package has gone with what is taken back, and there is nothing to restart or reload.
func (t *taskRun) serviceGone(res *itemResult) bool {
	if t.section != sectionRollback || !t.task.Handler || !res.failed() {
		return false
	}
	switch t.action {
	case "service", "systemd", "systemd_service", "sysvinit":
		msg, _ := res.dict.Get("msg")
		return strings.HasPrefix(value.Str(msg), "Could not find the requested service ")
	}
	return false
}

// nothingToRestart is the result of a handler whose service is gone.
func nothingToRestart() *itemResult {
	return newResult("changed", false, "skipped", true, "skip_reason", "the service has gone with what was rolled back")
}
