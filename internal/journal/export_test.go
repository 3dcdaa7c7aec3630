package journal

import "os"

// Die lets go of everything as the kernel does when a process is killed: nothing is finished.
func (s *Store) Die() {
	for _, w := range s.writers {
		_ = w.f.Close()
	}
	for _, l := range s.locks {
		_ = l.release()
	}
}

// Hold opens the file that the programs of changes keep open.
func (p Place) Hold() *os.File { return p.hold() }

// Reachable is what decides where a user's journal lies.
func Reachable(dir string) bool { return reachable(dir) }
