package facts

import (
	"context"
	"path"
	"strings"
	"sync"

	"github.com/musterhq/muster/modules/sys"
)

// machine reads a machine leniently: what cannot be read is empty.
type machine struct {
	ctx context.Context
	r   sys.Reader
	k   kernel // nil where the machine is not the one this process runs on
}

// text returns a file without surrounding white space; "" where there is none or it is empty.
func (m machine) text(name string) string {
	data, err := m.r.ReadFile(name)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(data)), "\ufffd")
}

// textOrNil is text, with nil for nothing.
func (m machine) textOrNil(name string) any {
	if s := m.text(name); s != "" {
		return s
	}
	return nil
}

func (m machine) lines(name string) []string { return lines(m.text(name)) }

func (m machine) exists(name string) bool {
	_, err := m.r.Stat(name)
	return err == nil
}

func (m machine) isDir(name string) bool {
	st, err := m.r.Stat(name)
	return err == nil && st.IsDir()
}

// names lists a folder, sorted.
func (m machine) names(dir string) []string {
	entries, err := m.r.ReadDir(dir)
	if err != nil {
		return nil
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Name()
	}
	return out
}

// linkBase is the last part of a link's target, "" where there is no link.
func (m machine) linkBase(name string) string {
	target, err := m.r.Readlink(name)
	if err != nil {
		return ""
	}
	return path.Base(target)
}

func (m machine) has(program string) bool {
	_, err := m.r.LookPath(program)
	return err == nil
}

// query runs a program in the C locale and returns what it printed; ok is an exit code of zero.
func (m machine) query(argv ...string) (string, bool) {
	if !m.has(argv[0]) {
		return "", false
	}
	out, err := m.r.Query(m.ctx, sys.Command{Argv: argv, Env: map[string]string{
		"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "LC_NUMERIC": "C.UTF-8"}})
	if err != nil {
		return "", false
	}
	return strings.ToValidUTF8(string(out.Stdout), "\ufffd"), out.Code == 0
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	list := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range list {
		list[i] = strings.TrimSuffix(line, "\r")
	}
	return list
}

// together runs functions at the same time.
func together(work ...func()) {
	var wait sync.WaitGroup
	for _, f := range work[1:] {
		wait.Go(f)
	}
	work[0]()
	wait.Wait()
}
