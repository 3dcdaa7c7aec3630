package journal

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// room is claimed ahead of a log's end, in steps of this size; what closes an entry finds its place in it.
const room = 256 << 10

// writer appends to one log. Its methods are called by one goroutine at a time.
type writer struct {
	place  Place
	head   header
	f      *os.File
	end    int64               // of the last whole frame
	claim  int64               // bytes that the file system has set aside
	synced bool                // the log's name is durable
	kept   map[string]location // contents in the log, by digest
	buf    []byte
	last   int  // the number of the newest entry
	more   bool // something follows the header
}

// newWriter makes a log of its own for this process. It is on disk with the first sync.
func newWriter(p Place, run, holder string) (*writer, error) {
	if err := durable(filepath.Dir(p.Folder), p.Folder, filepath.Join(p.Folder, "open")); err != nil {
		return nil, err
	}
	var id [4]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	w := &writer{place: p, kept: map[string]location{}}
	w.head = header{Run: run, Writer: hex.EncodeToString(id[:]), User: p.User, Holder: holder, PID: os.Getpid(), Time: time.Now()}
	f, err := os.OpenFile(w.openPath(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	w.f = f
	if _, err = flock(f, true, false); err == nil {
		err = w.begin()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(w.openPath()))
	}
	return w, nil
}

func (w *writer) openPath() string {
	return filepath.Join(w.place.Folder, "open", w.head.Run+"~"+w.head.Writer)
}

func (w *writer) begin() error {
	if _, err := w.f.WriteAt([]byte(magic), 0); err != nil {
		return err
	}
	w.end = int64(len(magic))
	return w.append(kindHeader, w.head)
}

// id names an entry of this log.
func (w *writer) id(n int) string { return fmt.Sprintf("%s/%s/%d", w.head.Run, w.head.Writer, n) }

// append writes one record. It survives the death of the process; sync makes it survive that of the machine. A record that
// cannot be written whole leaves the log as it was.
func (w *writer) append(kind byte, record any) error {
	payload, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return w.appendRaw(kind, payload)
}

func (w *writer) appendRaw(kind byte, payload []byte) error {
	if len(payload) > maxPayload {
		return fmt.Errorf("a record of %d MiB is too large for the journal", len(payload)>>20)
	}
	w.buf = appendFrame(w.buf[:0], kind, payload)
	size := int64(len(w.buf))
	if need := w.end + size + room/2; need > w.claim {
		grow := need - w.claim + room/2
		if err := reserve(w.f, w.claim, grow); err != nil && (kind == kindBefore || kind == kindContent) {
			return err // what opens an entry needs room for what closes it
		}
		w.claim += grow
	}
	if _, err := w.f.WriteAt(w.buf, w.end); err != nil {
		return errors.Join(err, w.f.Truncate(w.end))
	}
	w.end += size
	w.more = w.more || kind != kindHeader
	if cap(w.buf) > room {
		w.buf = nil
	}
	return nil
}

// sync makes everything appended so far durable.
func (w *writer) sync() error {
	if err := syncData(w.f); err != nil {
		return err
	}
	if w.synced {
		return nil
	}
	if err := syncFolder(filepath.Dir(w.openPath())); err != nil {
		return err
	}
	w.synced = true
	return nil
}

// open records an entry; one that cannot be made durable was never there.
func (w *writer) open(b before) error {
	start := w.end
	err := w.append(kindBefore, b)
	if err == nil && !b.note() {
		err = w.sync()
	}
	if err != nil {
		w.end = start
		return errors.Join(err, w.f.Truncate(start))
	}
	w.last = b.N
	return nil
}

// close moves the log to those that were finished. An empty one vanishes.
func (w *writer) close() error {
	if !w.more {
		return errors.Join(os.Remove(w.openPath()), w.f.Close())
	}
	dir := w.place.runFolder(w.head.Run)
	err := errors.Join(w.f.Truncate(w.end), w.sync())
	if err == nil {
		err = durable(filepath.Join(w.place.Folder, "runs"), dir)
	}
	if err == nil {
		err = os.Rename(w.openPath(), filepath.Join(dir, w.head.Writer+".log"))
	}
	return errors.Join(err, w.f.Close())
}

func (p Place) runFolder(run string) string { return filepath.Join(p.Folder, "runs", run) }

// number is the reverse of id, for entries of this log.
func (w *writer) number(id string) (int, bool) {
	text, ours := strings.CutPrefix(id, w.head.Run+"/"+w.head.Writer+"/")
	n, err := strconv.Atoi(text)
	return n, ours && err == nil && n >= 1 && n <= w.last
}

// resume continues the log of a process that died; f is locked and the log was read.
func resume(p Place, f *os.File, l *logFile) (*writer, error) {
	w := &writer{place: p, f: f, head: l.head, end: l.end, claim: l.end, synced: true, more: true, kept: map[string]location{}}
	for _, e := range l.entries {
		w.last = max(w.last, e.N)
	}
	return w, f.Truncate(l.end)
}
