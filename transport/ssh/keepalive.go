package ssh

import (
	"fmt"
	"time"
)

// silentError says that a peer stopped answering.
type silentError struct{ patience time.Duration }

// Error names how long nothing was heard.
func (e *silentError) Error() string { return fmt.Sprintf("no answer for %s", e.patience) }

// keepAlive asks a silent peer for a sign of life and closes the connection when none comes. It returns when the
// connection is over: *silentError when it closed it, else nil.
func keepAlive(l *link, s *settings) error {
	over := make(chan struct{})
	go func() {
		_ = l.client.Wait() // why it ended shows where it is used
		close(over)
	}()
	if s.aliveInterval <= 0 {
		<-over
		return nil
	}
	timer := time.NewTimer(s.aliveInterval)
	defer timer.Stop()
	asking := make(chan struct{}, 1) // one question at a time; it ends with the connection
	var asked time.Time
	for missed := 0; ; {
		select {
		case <-over:
			return nil
		case <-timer.C:
		}
		heard := time.Unix(0, l.stream.heard.Load())
		if heard.After(asked) {
			missed = 0
		}
		quiet := time.Since(heard)
		if quiet < s.aliveInterval {
			timer.Reset(s.aliveInterval - quiet)
			continue
		}
		if missed >= s.aliveMax {
			l.stream.Close()
			<-over
			return &silentError{quiet.Round(time.Millisecond)}
		}
		missed++
		asked = time.Now()
		select {
		case asking <- struct{}{}:
			go func() {
				// The answer may be a refusal; it is a sign of life all the same. A failure shows as silence.
				_, _, _ = l.client.SendRequest("keepalive@openssh.com", true, nil)
				<-asking
			}()
		default:
		}
		timer.Reset(s.aliveInterval)
	}
}

// orEOF is for the end of a connection that came without an error.
func orEOF(err error) error {
	if err == nil {
		return errEnded
	}
	return err
}
