package executor_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/secret"
)

// TestJournalsHoldNoSecrets: what is written under no_log, and what holds a secret of the run, is in no journal, titles
// included, and is taken back all the same.
func TestJournalsHoldNoSecrets(t *testing.T) {
	l := newLab(t, map[string]string{"hosts.ini": "[web]\na1\n"})
	l.putOn("a1", "srv/a", "first\n")
	l.putOn("a1", "srv/b", "first\n")
	reg := &secret.Registry{}
	reg.Add("by-value-s3cret")
	_, code, err := l.run(`- hosts: web
  gather_facts: false
  rollback: true
  vars: {pw: by-value-s3cret}
  tasks:
    - {lineinfile: {path: /srv/a, line: "literal-s3cret"}, no_log: true}
    - {name: "put {{ pw }}", lineinfile: {path: /srv/b, line: "pw={{ pw }}"}}
    - {lineinfile: {path: /srv/b, line: "in the open"}}
    - {copy: {dest: /srv/c, content: "literal-s3cret {{ pw }}"}, no_log: true}
    - {fail: {msg: back}, when: back | default(true)}
`, journalling, func(o *executor.Options) { o.Secrets = reg })
	if err != nil || code != executor.ExitRolledBack {
		t.Fatal(code, err)
	}
	l.expect("a1", map[string]string{"srv/a": "first\n", "srv/b": "first\n", "srv/c": "-"})
	open := false
	err = filepath.WalkDir(filepath.Join(l.root("a1"), "var", "lib", "muster"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		open = open || bytes.Contains(text, []byte(`"line":"in the open"`))
		for _, s := range []string{"literal-s3cret", `"put by-value`, `"pw=by-value`} {
			if bytes.Contains(text, []byte(s)) {
				t.Errorf("%s holds %s", path, s)
			}
		}
		return err
	})
	if err != nil || !open {
		t.Errorf("the journal was not looked at: %v", err)
	}
}
