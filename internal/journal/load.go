package journal

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/journal/ops"
)

// entry is a change as its log has it, with everything that became of it since.
type entry struct {
	before
	id      string
	user    string
	state   ops.State
	post    json.RawMessage
	ended   time.Time
	undoing bool     // an undo began and did not end
	folders []string // in which files were written for it
	msg     string
}

// logFile is one log, read.
type logFile struct {
	path    string
	open    bool // lies in open/
	head    header
	size    int64
	end     int64 // of the last whole record
	torn    error // why reading ended before the file did
	entries []*entry
	verdict []verdict
	folders []folder
}

// runLogs is everything that is known of one run.
type runLogs struct {
	run      string
	logs     []*logFile
	entries  []*entry // oldest first
	byID     map[string]*entry
	contents *contents
	problems []string
}

// validRun refuses what would lead out of the folder or be ambiguous in a file's name.
func validRun(run string) error {
	ok := run != "" && len(run) <= 200 && !strings.HasPrefix(run, ".")
	for _, c := range run {
		ok = ok && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.ContainsRune("._:+-@", c))
	}
	if !ok {
		return fmt.Errorf("%q is no id of a run", run)
	}
	return nil
}

// load reads all logs of a run. A run that nobody recorded has none.
func (p Place) load(run string) (*runLogs, error) {
	if err := validRun(run); err != nil {
		return nil, err
	}
	r := &runLogs{run: run, byID: map[string]*entry{}, contents: &contents{blobs: filepath.Join(p.runFolder(run), "blobs"), inline: map[string]location{}}}
	closed, err := names(p.runFolder(run))
	if err != nil {
		return nil, err
	}
	for _, n := range closed {
		if strings.HasSuffix(n, ".log") {
			r.read(filepath.Join(p.runFolder(run), n), false)
		}
	}
	open, err := names(filepath.Join(p.Folder, "open"))
	if err != nil {
		return nil, err
	}
	for _, n := range open {
		if strings.HasPrefix(n, run+"~") {
			r.read(filepath.Join(p.Folder, "open", n), true)
		}
	}
	r.join()
	return r, nil
}

// names lists a folder; one that is not there is empty.
func names(dir string) ([]string, error) {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	out := make([]string, 0, len(list))
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out, nil
}

// read adds one log. What cannot be read becomes a problem.
func (r *runLogs) read(path string, open bool) {
	l, err := readLog(path, r.contents)
	if errors.Is(err, fs.ErrNotExist) {
		return // finished, and moved, a moment ago
	}
	if err != nil {
		r.problems = append(r.problems, fmt.Sprintf("%s: %v", path, err))
	}
	if l == nil {
		return
	}
	l.open = open
	if l.torn != nil && !open {
		r.problems = append(r.problems, fmt.Sprintf("%s: %v after %d of %d bytes; what follows is lost", path, l.torn, l.end, l.size))
	}
	r.logs = append(r.logs, l)
}

func readLog(path string, c *contents) (*logFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	fr, err := newFrames(f)
	l := &logFile{path: path, size: st.Size(), head: headOf(path)}
	if err != nil {
		l.torn = err
		return l, nil
	}
	for {
		kind, payload, at, err := fr.next()
		if err == nil {
			err = l.take(kind, payload, at, c)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				l.torn = err
			}
			return l, nil
		}
		l.end = fr.end
	}
}

// headOf is what a log's name says of it, for one that ends before its header does.
func headOf(path string) header {
	base := filepath.Base(path)
	if run, writer, open := strings.Cut(base, "~"); open {
		return header{Run: run, Writer: writer}
	}
	return header{Run: filepath.Base(filepath.Dir(path)), Writer: strings.TrimSuffix(base, ".log")}
}

// take adds one record to what is known. A record that cannot be understood ends the log as a broken one does.
func (l *logFile) take(kind byte, payload []byte, at int64, c *contents) error {
	switch kind {
	case kindHeader:
		return json.Unmarshal(payload, &l.head)
	case kindContent:
		if len(payload) < 32 {
			return errTorn
		}
		c.inline[hex.EncodeToString(payload[:32])] = location{path: l.path, at: at + 32, size: int64(len(payload) - 32)}
		return nil
	case kindBefore:
		e := &entry{state: ops.StateOpen}
		if err := json.Unmarshal(payload, &e.before); err != nil {
			return err
		}
		e.id = fmt.Sprintf("%s/%s/%d", l.head.Run, l.head.Writer, e.N)
		e.user = l.head.User
		l.entries = append(l.entries, e)
		return nil
	case kindAfter:
		var a after
		if err := json.Unmarshal(payload, &a); err != nil {
			return err
		}
		l.closeEntry(a)
		return nil
	case kindRecovered, kindUndoing, kindUndone:
		var v verdict
		if err := json.Unmarshal(payload, &v); err != nil {
			return err
		}
		if kind == kindUndoing {
			v.State = stateUndoing
		}
		l.verdict = append(l.verdict, v)
		return nil
	case kindFolder:
		var f folder
		if err := json.Unmarshal(payload, &f); err != nil {
			return err
		}
		l.folders = append(l.folders, f)
		return nil
	default:
		return nil // of a newer muster
	}
}

// stateUndoing marks, among verdicts, the beginning of an undo.
const stateUndoing = "undoing"

func (l *logFile) closeEntry(a after) {
	for i := len(l.entries) - 1; i >= 0; i-- {
		if e := l.entries[i]; e.N == a.N {
			e.ended, e.post, e.state = a.Time, a.Post, ops.StateDone
			if a.Post == nil {
				e.state = ops.StateNever
			}
			return
		}
	}
}

// join puts the logs together: entries by time, then what became of them, by time.
func (r *runLogs) join() {
	var all []verdict
	for _, l := range r.logs {
		r.entries = append(r.entries, l.entries...)
		all = append(all, l.verdict...)
	}
	sort.SliceStable(r.entries, func(i, k int) bool { return r.entries[i].Time.Before(r.entries[k].Time) })
	sort.SliceStable(all, func(i, k int) bool { return all[i].Time.Before(all[k].Time) })
	for _, e := range r.entries {
		r.byID[e.id] = e
	}
	for _, l := range r.logs {
		for _, f := range l.folders {
			if e := r.byID[f.ID]; e != nil {
				e.folders = append(e.folders, f.Dir)
			}
		}
	}
	for _, v := range all {
		if e := r.byID[v.ID]; e != nil {
			e.judge(v)
		}
	}
}

func (e *entry) judge(v verdict) {
	e.undoing = v.State == stateUndoing
	if e.undoing {
		return
	}
	e.msg = v.Msg
	if s := ops.State(v.State); s != "" {
		e.state = s
	}
	if v.Post != nil {
		e.post = v.Post
	}
	if e.ended.IsZero() {
		e.ended = v.Time
	}
}
