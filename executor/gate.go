package executor

// unasked reports that the task belongs to the gate of a play that runs in check mode: nothing was changed there that it
// could judge. Tasks with check_mode: false are asked all the same. Includes are followed, as what they bring in may say so.
func (t *taskRun) unasked() bool {
	return (t.section == sectionGate || t.section == sectionLateGate) && t.play.checks() && !isInclude(t.task.Action) && t.flag("check_mode", true)
}

// notAsked is the result of a gate's task in check mode. Like a loop without items it says nothing of the host.
func notAsked() *itemResult {
	return newResult("changed", false, "skipped", true, "skipped_reason", "gate: not asked in check mode")
}
