package executor

import (
	"slices"
)

// unit is a part of what a rollback does for one host, in one go: journal entries of one journal, rollback handlers, or
// handlers of the play to run again.
type unit struct {
	host  *hostState
	seq   int // of the newest deed in it; units of a host run from the highest down
	site  site
	deeds []*deed   // whose journal entries are undone, the newest first
	made  *deed     // whose rollback handlers run
	after []*window // handlers of the play to run again
	stays *deed     // nothing takes it back
	again int       // repeat the restarts of the section before this one in number; 0 is none
}

// window is a handler of the play and the changes that asked for it since it ran the last time.
type window struct {
	handler *handler
	deeds   []*deed
}

// restored reports whether one of the changes behind the handler was taken back.
func (w *window) restored() bool {
	return slices.ContainsFunc(w.deeds, func(d *deed) bool { return d.undone })
}

// planFor lays out what undoing the deeds of one host means, the newest first. Handlers of the play run again at the place
// where the oldest of the changes that notified them has been taken back.
func planFor(h *hostState, deeds []*deed) []*unit {
	closing := windows(deeds)
	var units []*unit
	var last *unit
	section := -1
	for i, d := range slices.Backward(deeds) {
		if d.ran != nil {
			continue
		}
		if section > d.section {
			units = append(units, &unit{host: h, seq: d.seq, again: section + 1})
			last = nil
		}
		section = d.section
		switch {
		case d.lasting:
			units = append(units, &unit{host: h, seq: d.seq, stays: d})
			last = nil
		case d.made != nil:
			units = append(units, &unit{host: h, seq: d.seq, made: d})
			last = nil
		case last != nil && last.site.key() == d.site.key():
			last.deeds = append(last.deeds, d)
		default:
			last = &unit{host: h, seq: d.seq, site: d.site, deeds: []*deed{d}}
			units = append(units, last)
		}
		if w := closing[i]; len(w) > 0 {
			units = append(units, &unit{host: h, seq: d.seq, after: w})
			last = nil
		}
	}
	if section >= 0 {
		units = append(units, &unit{host: h, seq: 0, again: section + 1})
	}
	return units
}

// windows finds, for the index of each deed, the handlers that run again once it has been taken back.
func windows(deeds []*deed) map[int][]*window {
	type open struct {
		*window
		first int
	}
	now := map[*handler]*open{}
	var all []*open
	for i, d := range deeds {
		if d.ran != nil {
			delete(now, d.ran)
			continue
		}
		for _, h := range d.notify {
			w := now[h]
			if w == nil {
				w = &open{window: &window{handler: h}, first: i}
				now[h] = w
				all = append(all, w)
			}
			w.deeds = append(w.deeds, d)
		}
	}
	out := map[int][]*window{}
	for _, w := range all {
		out[w.first] = append(out[w.first], w.window)
	}
	return out
}
