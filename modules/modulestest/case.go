package modulestest

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Case is one way to use a module.
type Case struct {
	Name     string
	Setup    func(t *testing.T, s sys.System) // prepares the machine; nil leaves it empty but for the base files
	Args     map[string]any
	Contents [][]byte // what the controller holds, by digest

	// Machine makes the machine's commands, fresh for every law; nil leaves it without any. The returned text of
	// state is compared like the files are: give it where a module's effect is not in files.
	Machine func(t *testing.T) (opts []sys.RootedOption, state func() string)

	Unchanged bool           // nothing has to change
	Failed    string         // the task fails with a message that contains this, and touches nothing
	Result    map[string]any // keys that the result must have, compared as text
	Files     map[string]string
	Check     func(t *testing.T, s sys.System, res modules.Result) // after apply

	Repeats bool // every run changes something anew (touch, tempfile)
	NoCheck bool // check mode is skipped or predicts nothing
	NoUndo  bool // the change cannot be undone
	// Meddle changes what the module changed; undo must then refuse. Nil tries nothing.
	Meddle func(t *testing.T, s sys.System)
}

// Write puts a file on the machine.
func Write(t *testing.T, s sys.System, path, content string, perm uint32) {
	t.Helper()
	if err := s.WriteFile(path, strings.NewReader(content), sys.WriteOptions{Perm: perm, UID: -1, GID: -1}); err != nil {
		t.Fatal(err)
	}
}

// Dir puts a folder on the machine.
func Dir(t *testing.T, s sys.System, path string) {
	t.Helper()
	if err := s.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// Ref describes content as the controller does.
func Ref(content []byte) map[string]any {
	s256, s1, m5 := sha256.Sum256(content), sha1.Sum(content), md5.Sum(content)
	return map[string]any{"sha256": hex.EncodeToString(s256[:]), "sha1": hex.EncodeToString(s1[:]),
		"md5": hex.EncodeToString(m5[:]), "size": len(content)}
}

// basePasswd and baseGroup are the accounts of the throw-away machine.
const (
	basePasswd = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nalice:x:1000:1000:Alice:/home/alice:/bin/bash\n"
	baseGroup  = "root:x:0:\ndaemon:x:1:\nstaff:x:50:alice\nalice:x:1000:\n"
)

// machine is one throw-away machine.
type machine struct {
	sys.System
	state func() string
}

// NewMachine makes a throw-away machine with accounts (root, daemon, alice; groups also staff) and the usual folders.
func NewMachine(t *testing.T, opts ...sys.RootedOption) sys.System {
	t.Helper()
	s := sys.Rooted(t.TempDir(), opts...)
	for _, dir := range []string{"/etc", "/root", "/tmp", "/home", "/var", "/usr", "/usr/bin"} {
		Dir(t, s, dir)
	}
	Write(t, s, "/etc/passwd", basePasswd, 0o644)
	Write(t, s, "/etc/group", baseGroup, 0o644)
	return s
}

func (c Case) machine(t *testing.T) machine {
	t.Helper()
	var opts []sys.RootedOption
	m := machine{state: func() string { return "" }}
	if c.Machine != nil {
		var state func() string
		if opts, state = c.Machine(t); state != nil {
			m.state = state
		}
	}
	m.System = NewMachine(t, opts...)
	if c.Setup != nil {
		c.Setup(t, m.System)
	}
	if os.Geteuid() != 0 {
		t.Log("not root: owners are remembered, not set")
	}
	return m
}

// contents opens what the controller of a case holds.
type contents map[string][]byte

// Contents is a ContentSource of given bytes.
func Contents(list ...[]byte) modules.ContentSource {
	out := contents{}
	for _, b := range list {
		sum := sha256.Sum256(b)
		out[hex.EncodeToString(sum[:])] = b
	}
	return out
}

// Open returns the content of a digest.
func (c contents) Open(_ context.Context, sum string) (io.ReadCloser, error) {
	b, ok := c[sum]
	if !ok {
		return nil, fmt.Errorf("content %s: unknown", sum)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
