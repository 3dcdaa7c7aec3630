package jinja

import (
	"github.com/musterhq/muster/internal/diag"
)

// RenderTrust is Render, and tells whether no part of the result can have come from a host: only then may the text be read as an
// expression.
func (e *Engine) RenderTrust(c *Context, v any) (out any, trusted bool, err error) {
	ev, err := e.begin(c)
	if err != nil {
		return nil, false, err
	}
	defer ev.end()
	ev.judging = true
	out, err = ev.renderAll(v, 0)
	if err != nil {
		return nil, false, place(err, diag.Pos{})
	}
	return out, !ev.untrusted, nil
}
