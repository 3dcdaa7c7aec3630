package executor

import (
	"github.com/musterhq/muster/internal/event"
)

// verbosityOfMeta is how often -v must be given for meta tasks to say what they do.
const verbosityOfMeta = 2

// sayMeta tells what a meta task does on a host, or that its condition keeps it from doing so.
func (t *taskRun) sayMeta(what string, holds bool) {
	if t.x.o.Verbosity < verbosityOfMeta {
		return
	}
	text := metaDoes(what, t.host.name)
	if !holds {
		text = what + " conditional evaluated to False" + metaLeaves(what, t.host.name)
	}
	t.x.sink.Handle(event.Message{Level: "verbose", Text: "META: " + text})
}

func metaDoes(what, host string) string {
	switch what {
	case "flush_handlers":
		return "triggered running handlers for " + host
	case "refresh_inventory":
		return "inventory successfully refreshed"
	case "clear_facts":
		return "facts cleared"
	case "clear_host_errors":
		return "cleared host errors"
	case "end_batch":
		return "ending batch"
	case "end_play":
		return "ending play"
	case "end_host":
		return "ending play for " + host
	case "end_role":
		return "ending role for " + host
	case "reset_connection":
		return "reset connection"
	}
	return what
}

// metaLeaves is what goes on because a condition does not hold.
func metaLeaves(what, host string) string {
	switch what {
	case "flush_handlers":
		return ", not running handlers for " + host
	case "clear_facts":
		return ", not clearing facts and fact cache for " + host
	case "clear_host_errors":
		return ", not clearing host error state for " + host
	case "end_batch":
		return ", continuing current batch"
	case "end_play":
		return ", continuing play"
	case "end_host":
		return ", continuing execution for " + host
	}
	return ""
}
