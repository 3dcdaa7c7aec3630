package tui

// Actions are what the keys of the view do to the run. A nil function is something that the run cannot do; its key says
// so. They are called from the view's own goroutine and must not wait for it.
type Actions struct {
	Pause          func(paused bool)
	StopAfterBatch func(stop bool)
	// Retry has failed hosts take their task again, at once or when the run is over.
	Retry     func(hosts []string)
	RollBack  func()
	Interrupt func() // what an interrupt from the terminal does
	// Variables returns the variables of a host as they are now, without secrets.
	Variables func(host string) []Variable

	// say shows what came of a key, in the line above the keys.
	say func(text string)
}

// Variable is a variable of a host.
type Variable struct{ Name, Value, From string }

// retry asks for another try of those hosts that are out.
func (a Actions) retry(_ scene, hosts []*Host) {
	var names []string
	for _, h := range hosts {
		if h.Out() {
			names = append(names, h.Name)
		}
	}
	switch {
	case len(names) == 0:
		a.say("no failed host to retry")
	case a.Retry == nil:
		a.say("this run cannot be retried from here")
	default:
		a.say("retrying " + safe(shortList(names, 60)))
		a.Retry(names)
	}
}
