package executor

// Recorder keeps what a later rollback needs to know of a run and the hosts' journals do not tell.
type Recorder interface {
	Record(r Record) error
}

// Record is one line of what a run did.
type Record struct {
	Seq int `json:"seq"`
}

func (x *Executor) record(d *deed)       {}
func (x *Executor) recordUndone(d *deed) {}
