package playbook

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// ConfirmAction is the action of the task that muster puts at the end of a block with confirm:.
const ConfirmAction = "muster_confirm"

// The bounds of confirm:.
const (
	minConfirm = 5 * time.Second
	maxConfirm = time.Hour
)

// ConfirmWait reads the value of confirm:, rendered: seconds, or a number with its unit, as in 90s or 2m.
func ConfirmWait(v any) (time.Duration, error) {
	text := strings.TrimSpace(value.Str(v))
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		text = fmt.Sprintf("%gs", n)
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("confirm: must be a time such as 60s or 2m, not %s", value.Repr(v))
	case d < minConfirm || d > maxConfirm:
		return 0, fmt.Errorf("confirm: must be between %s and %s, not %s", minConfirm, maxConfirm, text)
	}
	return d, nil
}

// checkConfirm refuses a value that can be seen to be wrong before anything runs.
func (r *reader) checkConfirm(a Attr) {
	switch a.Value.(type) {
	case nil, value.Template:
		return
	}
	if _, err := ConfirmWait(a.Value); err != nil {
		r.errorf(a.Pos, "%v", err).Hint = "unless muster reaches the host over a new connection within that time, the host undoes the change by itself"
	}
}

// confirmTask is the task that ends a block with confirm:.
func confirmTask(b *Block, pos diag.Pos) *Task {
	return &Task{Attrs: Attrs{"name": {Value: "Confirm that the host can be reached", Pos: pos}}, Pos: pos, Parent: b, Action: ConfirmAction,
		ActionPos: pos, Args: value.NewDict(), Vars: value.NewDict(), File: b.File}
}

// Confirmed is the nearest of the task itself and the blocks around it that has confirm:; the block is nil where it is the
// task. ok is false when there is none.
func (t *Task) Confirmed() (b *Block, a Attr, ok bool) {
	if a, ok := t.Attrs["confirm"]; ok {
		return nil, a, true
	}
	for b := t.Parent; b != nil; b = b.Parent {
		if a, ok := b.Attrs["confirm"]; ok {
			return b, a, true
		}
	}
	return nil, Attr{}, false
}
