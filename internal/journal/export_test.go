package journal

// Die lets go of everything as the kernel does when a process is killed: nothing is finished.
func (s *Store) Die() {
	for _, w := range s.writers {
		_ = w.f.Close()
	}
	for _, l := range s.locks {
		_ = l.release()
	}
}
