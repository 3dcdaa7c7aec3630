package serve

import (
	"errors"
	"time"
)

// complaint is something that fails at present.
type complaint struct {
	err    error
	logged time.Time
}

// repeatAfter is how often the log says again that something still fails.
const repeatAfter = time.Minute

// complain notes whether something fails, and logs it: when it begins, when it is another error, once a minute while it goes
// on, and when it is over. args are the attributes of the log.
func (d *Daemon) complain(what string, err error, message string, args ...any) {
	now := d.o.Now()
	d.mu.Lock()
	last, failed := d.trouble[what]
	same := err != nil && failed && last.err.Error() == err.Error() && now.Sub(last.logged) < repeatAfter
	switch {
	case err == nil:
		delete(d.trouble, what)
	case same:
		d.trouble[what] = complaint{err, last.logged}
	default:
		d.trouble[what] = complaint{err, now}
	}
	d.mu.Unlock()
	switch {
	case err != nil && !same:
		d.o.Log.Error(message, append(args, "error", err)...)
	case err == nil && failed:
		d.o.Log.Info("it works again", args...)
	}
}

// Trouble is what keeps the daemon from its work at present; nil when nothing does.
func (d *Daemon) Trouble() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, c := range d.trouble {
		errs = append(errs, c.err)
	}
	return errors.Join(errs...)
}
