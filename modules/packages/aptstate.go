package packages

import (
	"context"
	"maps"
	"slices"

	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

// configFiles stands for the version of a package of which only configuration files are left.
const configFiles = "config-files"

// aptState is the state that apt manages: the versions of the packages that a task is about, and of all others that its
// transaction adds, moves or removes.
type aptState struct {
	Packages map[string]string `json:"packages,omitempty"` // by apt's name; "" where it is not installed
	Auto     []string          `json:"auto,omitempty"`     // those that came as dependencies
	Cache    int64             `json:"cache,omitempty"`    // when the index was read, where the task is about that
	Outdated int               `json:"outdated,omitempty"` // downloaded files that autoclean would delete

	db  *dpkg.Database
	run *aptRun
}

// aptRun is what one run of the module remembers from step to step.
type aptRun struct {
	plan           plan
	output         sys.Output // of the command, or of its simulation
	applied        bool
	cacheBefore    int64
	cacheAfter     int64
	cacheUpdated   bool
	cachePredicted bool
	temp           string   // folder of downloaded package files
	debs           []string // package files
}

type aptRunKey struct{}

func withAptRun(ctx context.Context) (context.Context, *aptRun) {
	run := &aptRun{}
	return context.WithValue(ctx, aptRunKey{}, run), run
}

func aptRunOf(ctx context.Context) *aptRun {
	if run, ok := ctx.Value(aptRunKey{}).(*aptRun); ok {
		return run
	}
	return &aptRun{}
}

// version is what a database says of a package.
func version(db *dpkg.Database, name string) string {
	p, ok := db.Find(name)
	switch {
	case !ok || p.State == "not-installed":
		return ""
	case p.State == configFiles:
		return configFiles
	default:
		return p.Version
	}
}

func equalApt(a, b aptState) bool {
	return maps.Equal(a.Packages, b.Packages) && a.Cache == b.Cache && a.Outdated == b.Outdated
}

// sameVersion compares two versions; configuration files that remain of a package make no difference.
func sameVersion(a, b string) bool {
	if a == configFiles {
		a = ""
	}
	if b == configFiles {
		b = ""
	}
	return a == b
}

// settledApt reports whether the packages of a transaction have the versions that were announced.
func settledApt(p aptParams, want, got aptState) bool {
	for name, v := range want.Packages {
		now := version(got.db, name)
		if halfDone(got.db, name) || !sameVersion(v, now) || p.Purge && v == "" && now != "" {
			return false
		}
	}
	return true
}

// halfDone reports a package whose installation or removal dpkg began and did not finish.
func halfDone(db *dpkg.Database, name string) bool {
	p, ok := db.Find(name)
	return ok && slices.Contains([]string{"half-installed", "unpacked", "half-configured"}, p.State)
}

// carryApt adds the packages of a whole transaction to a reading that knows only those the task names.
func carryApt(_ context.Context, _ sys.Reader, known aptState, got *aptState) error {
	for name := range known.Packages {
		got.Packages[name] = version(got.db, name)
	}
	return nil
}

// sameApt reports whether the recorded packages have the recorded versions now.
func sameApt(recorded, now aptState) bool {
	for name, v := range recorded.Packages {
		if now.db == nil || !sameVersion(v, version(now.db, name)) {
			return false
		}
	}
	return true
}
