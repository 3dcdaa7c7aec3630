package modulestest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/musterhq/muster/modules"
)

// Journal is a journal in memory; it also opens what was kept.
type Journal struct {
	Entries []modules.Entry
	Posts   [][]byte // nil for an entry that is not closed
	kept    map[string][]byte
}

// NewJournal returns an empty journal.
func NewJournal() *Journal { return &Journal{kept: map[string][]byte{}} }

// Before opens an entry.
func (j *Journal) Before(_ context.Context, e modules.Entry) (string, error) {
	j.Entries = append(j.Entries, e)
	j.Posts = append(j.Posts, nil)
	return strconv.Itoa(len(j.Entries) - 1), nil
}

// After closes an entry.
func (j *Journal) After(_ context.Context, id string, post []byte) error {
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 || n >= len(j.Entries) {
		return fmt.Errorf("journal: no entry %q", id)
	}
	j.Posts[n] = append([]byte{}, post...)
	return nil
}

// Keep stores content.
func (j *Journal) Keep(_ context.Context, r io.Reader) (string, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	key := hex.EncodeToString(sum[:])
	j.kept[key] = b
	return key, nil
}

// Open opens what was kept.
func (j *Journal) Open(_ context.Context, sum string) (io.ReadCloser, error) {
	b, ok := j.kept[sum]
	if !ok {
		return nil, fmt.Errorf("journal: content %s was not kept", sum)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
