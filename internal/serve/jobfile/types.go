// Package jobfile reads the file that says what muster serve does: its jobs, who may log in, whom to tell. The file is
// read strictly, every mistake in it is reported at once with its place, and nothing outside of the file is touched.
package jobfile

import (
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/drift/guard"
	"github.com/musterhq/muster/internal/serve/schedule"
)

// File is a jobs file. Paths in it are relative to its folder.
type File struct {
	Path      string
	Listen    string // host:port, or unix:PATH
	TLSCert   string // both or none
	TLSKey    string
	External  string // the URL under which people reach the dashboard; "" when unknown
	Store     string // path of a SQLite file, or postgres:// URL
	State     string // folder of the runs' files
	Parallel  int    // runs at once
	Users     []User
	Tokens    []Token
	Notify    map[string]Notifier
	Retention time.Duration // of runs whose job says nothing else; 0 keeps all
	Jobs      []*Job        // in the order of the file
}

// Role is what somebody may do.
type Role string

// The roles. An operator may do what a viewer may.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
)

// User logs in with a password.
type User struct {
	Name string
	Role Role
	Hash string // argon2id or bcrypt
	Pos  diag.Pos
}

// Token is a secret that programs send.
type Token struct {
	Name   string
	Role   Role
	SHA256 string    // hexadecimal, of the token
	Until  time.Time // zero: for ever
	Pos    diag.Pos
}

// Notifier is a way to tell people; exactly one of its ways is set.
type Notifier struct {
	Name       string
	URL        string // webhook: JSON is posted
	SecretFile string // signs what is posted; may be ""
	Command    []string
	Mail       *Mail
	On         []News // empty is all
	Timeout    time.Duration
	Pos        diag.Pos
}

// Mail is a message to send.
type Mail struct {
	Server       string // host:port
	From         string
	To           []string
	User         string
	PasswordFile string
}

// News is what somebody is told about.
type News string

// The kinds of news.
const (
	NewsDrift    News = "drift"
	NewsFailure  News = "failure"
	NewsRecovery News = "recovery"
)

// Mode is what a job does.
type Mode string

// The modes.
const (
	Detect  Mode = "detect"  // a check run that looks for drift
	Correct Mode = "correct" // the same, and corrective drift is put right within the guards
	Run     Mode = "run"     // the playbook runs
)

// Job is a playbook that runs by itself.
type Job struct {
	Name         string
	Pos          diag.Pos
	Playbooks    []string
	Inventory    []string
	Limit        string
	Tags         []string
	SkipTags     []string
	VarsFiles    []string // given as -e @FILE
	VaultFile    string   // vault password file
	BecomeFile   string   // with the password to become another user
	PasswordFile string   // with the password of connections
	Key          string   // private key
	Args         []string // further words for the command line
	Dir          string   // the working folder

	Schedule *schedule.Schedule // nil: only events and people start it
	Jitter   time.Duration
	Overlap  Overlap
	Missed   schedule.Missed
	Paused   bool

	Mode    Mode
	All     bool // correct intended and unknown drift, too
	Max     guard.Limit
	Window  guard.Window
	Serial  string
	Timeout time.Duration
	Keep    time.Duration
	Notify  []string

	Events   Events
	Cooldown time.Duration // between runs that events start
	Rate     Rate          // of runs that events start
}

// Overlap says what becomes of a run that is due while one of the same job runs.
type Overlap string

// The policies.
const (
	OverlapSkip  Overlap = "skip"  // it is left out, and recorded as such
	OverlapQueue Overlap = "queue" // it waits; one at most
)

// Rate limits how often events may start a job.
type Rate struct {
	Runs int
	Per  time.Duration
}

// Events start a job besides its schedule.
type Events struct {
	Webhook    *Webhook
	PhoneHome  *PhoneHome
	Files      *Files
	Git        *Git
	Prometheus *Prometheus
}

// Kinds are the names of the events that are there.
func (e Events) Kinds() []string {
	var kinds []string
	for _, k := range []struct {
		name  string
		there bool
	}{{"webhook", e.Webhook != nil}, {"phone-home", e.PhoneHome != nil}, {"files", e.Files != nil}, {"git", e.Git != nil}, {"prometheus", e.Prometheus != nil}} {
		if k.there {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

// Webhook is a signed request.
type Webhook struct {
	SecretFile string
	Tolerance  time.Duration // between the signed time and now
	Var        string        // the variable that holds the body
}

// PhoneHome lets a host ask for a run on itself.
type PhoneHome struct {
	TokensFile string // lines: SHA-256 of the token, pattern of host names, expiry
}

// Files are watched for another content.
type Files struct {
	Paths  []string      // absolute: files, patterns of them, folders
	Every  time.Duration // between looks
	Settle time.Duration // how long nothing must change any more
}

// Git is a branch that is watched for new commits.
type Git struct {
	Dir    string // the clone
	Remote string
	Branch string
	Every  time.Duration
	Pull   bool // bring the clone to the new commit before the run
}

// Prometheus is a query whose value is watched for crossing a bound.
type Prometheus struct {
	URL       string
	Query     string
	TokenFile string // "" for none
	Above     *float64
	Below     *float64
	For       time.Duration // how long the value must be beyond the bound
	Every     time.Duration
	Hosts     []Change // empty: the run is about all hosts of the job
}

// Change is what an inventory that is asked again says of a host.
type Change string

// The changes.
const (
	HostsNew  Change = "new"
	HostsGone Change = "gone"
)
