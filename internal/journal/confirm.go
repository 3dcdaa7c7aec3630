package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/transport/wire"
)

// Confirm-or-revert. The file armed/TOKEN says that what was changed under a token is undone unless it is confirmed; it is
// there before the change. Its time of modification is the end of the last request under the token, from which the wait
// counts. A watchdog holds an flock on it, a request that runs holds one on TOKEN.busy. To confirm is to remove the file;
// to revert is to rename it to TOKEN.reverting first, so that exactly one of both happens. TOKEN.reverted tells how it ended.
const (
	busySuffix      = ".busy"
	revertingSuffix = ".reverting"
	revertedSuffix  = ".reverted"
)

// Watch is what a watchdog needs to know.
type Watch struct {
	Run   string        `json:"run"`
	Token string        `json:"token"`
	Wait  time.Duration `json:"wait"`
}

func (p Place) armed(token string) string { return filepath.Join(p.Folder, "armed", token) }

// Arm makes sure that a watchdog watches over the request that ref belongs to. start begins one, in a process that outlives
// the connection, and returns when it watches. The request is over when done is called.
func (s *Store) Arm(ref *wire.JournalRef, start func(Watch) error) (done func(), err error) {
	token := ref.Confirm.Token
	if err := validRun(token); err != nil {
		return nil, err
	}
	w := Watch{Run: ref.Run, Token: token, Wait: time.Duration(ref.Confirm.Wait) * time.Millisecond}
	folder := filepath.Dir(s.place.armed(token))
	if err := durable(filepath.Dir(s.place.Folder), s.place.Folder, folder); err != nil {
		return nil, s.refusal(err)
	}
	busy, err := os.OpenFile(s.place.armed(token)+busySuffix, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, s.refusal(err)
	}
	if _, err = flock(busy, false, true); err == nil {
		err = s.arm(w, start)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the change was not made: nobody would watch over it: %w", err), busy.Close())
	}
	return func() {
		now := time.Now()
		_ = os.Chtimes(s.place.armed(token), now, now) // gone when it was confirmed or reverted
		_ = busy.Close()
	}, nil
}

func (s *Store) arm(w Watch, start func(Watch) error) error {
	path := s.place.armed(w.Token)
	if _, err := os.Lstat(path + revertingSuffix); err == nil {
		return errors.New("what was changed before is being undone")
	}
	if _, err := os.Lstat(path); err == nil {
		if s.place.lives(path) {
			return nil
		}
		return start(w)
	}
	data, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if err := writeDurably(path, data); err != nil {
		return err
	}
	if err := start(w); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func writeDurably(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Confirm tells a watchdog that the change may stay, or how it ended already. It waits for a revert that is under way.
func (s *Store) Confirm(ctx context.Context, token string) (*ops.ConfirmAnswer, error) {
	if err := validRun(token); err != nil {
		return nil, err
	}
	path := s.place.armed(token)
	confirmed, err := s.confirm(path)
	if err != nil || confirmed {
		return &ops.ConfirmAnswer{Confirmed: confirmed}, err
	}
	return s.howReverted(ctx, path)
}

// RevertNow undoes at once what waits to be confirmed.
func (s *Store) RevertNow(ctx context.Context, run, token string) (*ops.ConfirmAnswer, error) {
	if err := errors.Join(validRun(run), validRun(token)); err != nil {
		return nil, err
	}
	path := s.place.armed(token)
	err := s.claim(path)
	if err == nil {
		s.mu.Lock()
		err = s.revert(ctx, Watch{Run: run, Token: token})
		s.mu.Unlock()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s.howReverted(ctx, path)
}

// claim makes sure that nobody else confirms or reverts; fs.ErrNotExist when that happened already.
func (s *Store) claim(path string) error {
	mutex, err := s.place.mutex()
	if err != nil {
		return err
	}
	defer func() { _ = mutex.Close() }()
	return os.Rename(path, path+revertingSuffix)
}

// howReverted waits for a revert that is under way and tells what it did.
func (s *Store) howReverted(ctx context.Context, path string) (*ops.ConfirmAnswer, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		data, err := os.ReadFile(path + revertedSuffix)
		if err == nil {
			a := &ops.ConfirmAnswer{Reverted: true}
			return a, json.Unmarshal(data, &a.Entries)
		}
		if _, err := os.Lstat(path + revertingSuffix); err != nil {
			return &ops.ConfirmAnswer{}, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (s *Store) confirm(path string) (bool, error) {
	mutex, err := s.place.mutex()
	if err != nil {
		return false, err
	}
	defer func() { _ = mutex.Close() }()
	err = os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	_ = os.Remove(path + busySuffix)
	return err == nil, err
}

// Guard is the life of a watchdog: it returns when the token was confirmed, or after it undid everything. ready is called
// once it watches.
func (s *Store) Guard(ctx context.Context, w Watch, ready func() error) error {
	if err := validRun(w.Token); err != nil {
		return err
	}
	f, err := os.OpenFile(s.place.armed(w.Token), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if free, err := flock(f, true, false); err != nil || !free {
		return errors.Join(err, errors.New("another watchdog watches already"))
	}
	lock, err := s.place.acquire(Holder{Run: w.Run, Who: "a change that waits to be confirmed", PID: os.Getpid(), Since: time.Now()})
	if err != nil {
		return err
	}
	defer func() { _ = lock.release() }()
	if err := ready(); err != nil {
		return err
	}
	for {
		left, err := s.remaining(w)
		if err != nil || left < 0 {
			return err
		}
		if left == 0 {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.revert(ctx, w)
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// remaining is how long to wait before the next look: 0 when the time is up, in which case the token is claimed for the
// revert; negative when it was confirmed.
func (s *Store) remaining(w Watch) (time.Duration, error) {
	const look = 500 * time.Millisecond
	path := s.place.armed(w.Token)
	mutex, err := s.place.mutex()
	if err != nil {
		return 0, err
	}
	defer func() { _ = mutex.Close() }()
	i, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	if busy(path + busySuffix) {
		return look, nil
	}
	if left := w.Wait - time.Since(i.ModTime()); left > 0 {
		return min(left, look), nil
	}
	return 0, os.Rename(path, path+revertingSuffix)
}

// busy reports that a request under the token runs.
func busy(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	free, err := flock(f, true, false)
	return err == nil && !free
}

// revert undoes everything that was changed under a token, newest first, and then reloads and restarts once more what had
// been reloaded and restarted, so that services work with what was restored.
// The caller holds the mutex.
func (s *Store) revert(ctx context.Context, w Watch) error {
	_, recoverErr := s.recover(ctx)
	done, err := s.revertEntries(ctx, w)
	if w := s.writers[w.Run]; w != nil {
		err = errors.Join(err, w.close())
		delete(s.writers, w.head.Run)
	}
	path := s.place.armed(w.Token)
	data, jsonErr := json.Marshal(done)
	err = errors.Join(recoverErr, err, jsonErr, writeDurably(path+revertedSuffix, data), os.Remove(path+revertingSuffix))
	_ = os.Remove(path + busySuffix)
	return err
}

func (s *Store) revertEntries(ctx context.Context, w Watch) ([]ops.Undone, error) {
	logs, err := s.place.load(w.Run)
	if err != nil {
		return nil, err
	}
	var chosen []*entry // oldest first
	for _, e := range logs.entries {
		if e.Token == w.Token && (e.stands() || e.note()) {
			chosen = append(chosen, e)
		}
	}
	newest := make([]*entry, 0, len(chosen))
	for i := len(chosen) - 1; i >= 0; i-- {
		newest = append(newest, chosen[i])
	}
	// What nobody confirmed is not left half in place because somebody touched a part of it meanwhile.
	done, err := s.undoAll(ctx, logs, newest, How{Force: true})
	stopped := map[string]bool{} // what was started by the change is not started again
	for _, u := range done {
		stopped[u.ID] = u.Changed
	}
	restart := slices.DeleteFunc(chosen, func(e *entry) bool { return stopped[e.id] })
	return append(done, s.repeat(ctx, restart, false)...), err
}

// revertAbandoned reverts what waits for a confirmation under a watchdog that died, with the machine perhaps. A token of the
// run that begins now is left to it, until its time is up. The caller holds the store's mutex and the host's lock.
func (s *Store) revertAbandoned(ctx context.Context, run string) error {
	folder := filepath.Join(s.place.Folder, "armed")
	list, err := names(folder)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range list {
		path := filepath.Join(folder, name)
		token, half := strings.CutSuffix(name, revertingSuffix)
		switch {
		case strings.HasSuffix(name, busySuffix):
			continue
		case strings.HasSuffix(name, revertedSuffix):
			if i, err := os.Lstat(path); err == nil && time.Since(i.ModTime()) > 24*time.Hour {
				_ = os.Remove(path)
			}
			continue
		}
		errs = append(errs, s.abandoned(ctx, path, token, run, half))
	}
	return errors.Join(errs...)
}

func (s *Store) abandoned(ctx context.Context, path, token, run string, half bool) error {
	if s.place.lives(path) {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil // ended a moment ago
	}
	var w Watch
	if json.Unmarshal(data, &w) != nil || w.Token != token {
		return os.Remove(path) // cut short by a crash, before anything was changed under it
	}
	if i, err := os.Lstat(path); w.Run == run && !half && err == nil && time.Since(i.ModTime()) < w.Wait {
		return nil
	}
	if !half {
		if err := os.Rename(path, path+revertingSuffix); err != nil {
			return err
		}
	}
	return s.revert(ctx, w)
}
