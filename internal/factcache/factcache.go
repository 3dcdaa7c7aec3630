// Package factcache keeps facts from run to run: one JSON file for each host, as Ansible's jsonfile plugin writes them, so
// that both programs can share a folder.
package factcache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/value"
)

// Dir is a folder of cached facts. It is safe for concurrent use: files are replaced as a whole.
type Dir struct {
	path    string
	prefix  string
	timeout time.Duration // 0 is for ever
	now     func() time.Time
}

// Open returns the cache in a folder, which is made when the first facts are saved. Facts older than timeout do not count;
// a timeout of zero never ends.
func Open(path, prefix string, timeout time.Duration, now func() time.Time) *Dir {
	return &Dir{path: path, prefix: prefix, timeout: timeout, now: now}
}

// file is where the facts of a host lie. A name that would lead out of the folder is an error.
func (d *Dir) file(host string) (string, error) {
	name := d.prefix + host
	if host == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return "", fmt.Errorf("%q cannot be the name of a file in the fact cache", name)
	}
	return filepath.Join(d.path, name), nil
}

// Load returns the facts of a host; false when there are none, or none that are young enough.
func (d *Dir) Load(host string) (*value.Dict, bool, error) {
	file, err := d.file(host)
	if err != nil {
		return nil, false, err
	}
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if d.timeout > 0 && d.now().Sub(info.ModTime()) > d.timeout {
		return nil, false, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, false, err
	}
	v, err := value.ParseJSON(string(text))
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", file, err)
	}
	facts, ok := v.(*value.Dict)
	if !ok {
		return nil, false, fmt.Errorf("%s: it holds no facts; remove it", file)
	}
	return facts, true, nil
}

// Save replaces the facts of a host. Only the user can read them.
func (d *Dir) Save(host string, facts *value.Dict) error {
	file, err := d.file(host)
	if err != nil {
		return err
	}
	text, err := value.JSON(facts, value.JSONOptions{SortKeys: true, IndentText: "    "})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(d.path, ".muster-")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// Remove forgets the facts of a host.
func (d *Dir) Remove(host string) error {
	file, err := d.file(host)
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
