package access

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// record is what the account files say of a name, exactly: what undo writes back. It holds password hashes and
// therefore lies in the journal's store only, never in a state or a result.
type record struct {
	Lines   map[string]placedLine     `json:"lines"`             // by file
	Members map[string]map[string]int `json:"members"`           // by file: groups that the name is a member of, and its place there
	Primary map[string]string         `json:"primary,omitempty"` // of a group: its number by users whose primary group it is
}

// placedLine is a line and the key before it.
type placedLine struct {
	Line  string `json:"line"`
	After string `json:"after"`
}

func recordOf(d *database, name string, files ...string) record {
	rec := record{Lines: map[string]placedLine{}, Members: map[string]map[string]int{}}
	for _, file := range files {
		t := d.in(file)
		if i := t.find(name); i >= 0 {
			p := placedLine{Line: t.lines[i]}
			if i > 0 {
				p.After = keyOf(t.lines[i-1])
			}
			rec.Lines[file] = p
		}
		if file != groupFile && file != gshadowFile {
			continue
		}
		rec.Members[file] = map[string]int{}
		for _, line := range t.lines {
			if at := slices.Index(members(line), name); at >= 0 {
				rec.Members[file][keyOf(line)] = at
			}
		}
	}
	return rec
}

// restore brings the account files back to what a record says of a name; other names stay as they are.
func (rec record) restore(d *database, name string, files ...string) {
	for _, file := range files {
		t := d.in(file)
		p, had := rec.Lines[file]
		switch {
		case !had:
			t.remove(name)
		case t.find(name) >= 0:
			t.set(p.Line)
		default:
			t.insertAfter(p.After, p.Line)
		}
		wanted, tracked := rec.Members[file]
		if !tracked {
			continue
		}
		for _, line := range slices.Clone(t.lines) {
			at, member := wanted[keyOf(line)]
			t.setMember(keyOf(line), name, member, at)
		}
	}
}

// keepRecord stores a name's record in the journal and returns its digest.
func keepRecord(r sys.Reader, name string, keep modules.KeepFunc, files ...string) (string, error) {
	d, err := openDatabase(r, files...)
	if err != nil {
		return "", err
	}
	return keepAs(recordOf(d, name, files...), name, keep)
}

func keepAs(rec record, name string, keep modules.KeepFunc) (string, error) {
	data, err := json.Marshal(rec)
	if err != nil {
		return "", fmt.Errorf("record of %s: %w", name, err)
	}
	return keep(bytes.NewReader(data))
}

// restoreRecord writes a kept record back.
func restoreRecord(ctx context.Context, s sys.System, name, digest string, files ...string) error {
	rec, err := keptRecord(ctx, name, digest)
	if err != nil {
		return err
	}
	return edit(ctx, s, files, func(d *database) error {
		rec.restore(d, name, files...)
		return nil
	})
}

func keptRecord(ctx context.Context, name, digest string) (rec record, err error) {
	content, err := modules.OpenContent(ctx, digest)
	if err != nil {
		return rec, fmt.Errorf("record of %s: %w", name, err)
	}
	defer func() { _ = content.Close() }()
	if err := json.NewDecoder(content).Decode(&rec); err != nil {
		return rec, fmt.Errorf("record of %s: %w", name, err)
	}
	return rec, nil
}

// edit reads account files under their locks, lets f change them, and writes them.
func edit(ctx context.Context, s sys.System, files []string, f func(*database) error) error {
	unlock, err := lockAccounts(ctx, s, files)
	if err != nil {
		return err
	}
	d, err := openDatabase(s, files...)
	if err == nil {
		err = f(d)
	}
	if err == nil {
		err = d.save(s)
	}
	if unlockErr := unlock(); err == nil {
		err = unlockErr
	}
	return err
}
