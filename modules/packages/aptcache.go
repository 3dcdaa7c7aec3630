package packages

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

const (
	successStamp = "/var/lib/apt/periodic/update-success-stamp"
	listsDir     = "/var/lib/apt/lists"
)

// cacheTime is when the package index was read last, in seconds; 0 where never.
func cacheTime(r sys.Reader) int64 {
	for _, p := range []string{successStamp, listsDir} {
		if st, err := r.Stat(p); err == nil {
			return st.Mtime.Unix()
		}
	}
	return 0
}

// cacheExpired reports whether the index has to be read again.
func cacheExpired(r sys.Reader, p aptParams) bool {
	return p.wantsCache() && time.Unix(cacheTime(r), 0).Add(time.Duration(p.CacheValidTime)*time.Second).Before(time.Now())
}

// prepareApt deletes downloaded files, reads the index again and fetches package files, as the task says.
func prepareApt(ctx context.Context, s sys.System, p aptParams) error {
	run := aptRunOf(ctx)
	if p.Clean {
		if err := aptClean(ctx, s); err != nil {
			return err
		}
	}
	if cacheExpired(s, p) {
		run.cacheBefore = cacheTime(s)
		if err := updateCache(ctx, s, p); err != nil {
			return err
		}
		run.cacheAfter = cacheTime(s)
		run.cacheUpdated = run.cacheAfter != run.cacheBefore
	}
	if p.Deb != nil {
		return downloadDebs(ctx, s, p)
	}
	return nil
}

// noteCache keeps what the result says of the index. In check mode an outdated index counts as read again now.
func (r *aptRun) noteCache(reader sys.Reader, p aptParams, check bool) {
	if r.cacheUpdated {
		return
	}
	r.cacheAfter = cacheTime(reader)
	if check && cacheExpired(reader, p) {
		r.cacheUpdated, r.cachePredicted, r.cacheBefore = true, true, r.cacheAfter
	}
}

// cacheSeen is when the index was read as far as the task's comparison goes: before this run at first, then after.
func cacheSeen(r sys.Reader, run *aptRun) int64 {
	switch {
	case run.applied:
		return cacheTime(r)
	case run.cacheUpdated:
		return run.cacheBefore
	default:
		return cacheTime(r)
	}
}

func aptClean(ctx context.Context, s sys.System) error {
	out, err := s.Run(ctx, sys.Command{Argv: []string{"apt-get", "clean"}, Env: aptEnv()})
	if err != nil {
		return err
	}
	if out.Code != 0 || len(out.Stderr) > 0 {
		return modules.Fail(modules.Result{"stdout": string(out.Stdout), "rc": out.Code}, "apt-get clean failed: %s", out.Stderr)
	}
	return nil
}

// updateCache runs apt-get update, again and again with growing pauses while it fails, and as long as the task allows
// while another package manager holds the lock.
func updateCache(ctx context.Context, s sys.System, p aptParams) error {
	deadline := time.Now().Add(time.Duration(p.LockTimeout) * time.Second)
	argv := []string{"apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"}
	text := "unknown reason"
	for try := 0; try < p.UpdateCacheRetries; {
		out, err := s.Run(ctx, sys.Command{Argv: argv, Env: aptEnv()})
		if err != nil {
			return err
		}
		if out.Code == 0 {
			return nil
		}
		text = errorsOf(string(out.Stderr))
		if locked(text) {
			if time.Now().After(deadline) {
				return fmt.Errorf("Failed to lock apt for exclusive operation: %s", text)
			}
			if err := wait(ctx, time.Second); err != nil {
				return err
			}
			continue
		}
		delay := time.Second << min(try, 20)
		if longest := time.Duration(p.UpdateCacheRetryMax) * time.Second; delay > longest {
			delay = longest
		}
		if try++; try < p.UpdateCacheRetries {
			if err := wait(ctx, delay); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("Failed to update apt cache: %s", text)
}

// errorsOf joins apt's errors in one line; warnings are left out where there are errors.
func errorsOf(stderr string) string {
	var lines []string
	for _, l := range strings.Split(stderr, "\n") {
		if text, ok := strings.CutPrefix(l, "E: "); ok {
			lines = append(lines, "E:"+text)
		}
	}
	if len(lines) == 0 {
		return strings.TrimSpace(stderr)
	}
	return strings.Join(lines, ", ")
}

func locked(text string) bool {
	return strings.Contains(text, "Could not get lock") || strings.Contains(text, "Unable to lock")
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
