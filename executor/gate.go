package executor

// unasked reports that the task belongs to a gate and nothing was changed that it could judge: the play runs in check mode,
// or a run of selected tasks does not work on the host. Tasks with check_mode: false are asked all the same. Includes are
// followed, as what they bring in may say so.
func (t *taskRun) unasked() bool {
	if t.section != sectionGate && t.section != sectionLateGate {
		return false
	}
	return (t.leaves || t.play.checks()) && !isInclude(t.task.Action) && t.flag("check_mode", true)
}

// notAsked is the result of a gate's task that is not asked. Like a loop without items it says nothing of the host.
func notAsked() *itemResult {
	return newResult("changed", false, "skipped", true, "skipped_reason", "gate: not asked in check mode")
}
