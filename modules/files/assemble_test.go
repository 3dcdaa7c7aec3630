package files

import (
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
)

func TestAssemble(t *testing.T) {
	parts := both(dirs("/p", "/p/sub"), put("/p/2", "two\n", 0o644), put("/p/1", "one", 0o644), put("/p/.h", "hidden\n", 0o644))
	modulestest.Run(t, Assemble(), cases{
		{Name: "joined", Setup: parts, Args: args{"src": "/p", "dest": "/out", "mode": "0600"}, Files: map[string]string{"/out": "hidden\none\ntwo\n"}, Result: args{"msg": "OK", "mode": "0600"}, Meddle: append_("/out", "x")},
		{Name: "with a delimiter", Setup: parts, Args: args{"src": "/p", "dest": "/out", "delimiter": `--\t--`, "ignore_hidden": true}, Files: map[string]string{"/out": "one\n--\t--\ntwo\n"}},
		{Name: "some", Setup: both(parts, put("/out", "old", 0o640)), Args: args{"src": "/p", "dest": "/out", "regexp": "^[2-9]", "backup": true}, Files: map[string]string{"/out": "two\n"}},
		{Name: "not there", Args: args{"src": "/p", "dest": "/out"}, Failed: "Source (/p) does not exist"},
		{Name: "bad pattern", Setup: parts, Args: args{"src": "/p", "dest": "/out", "regexp": "("}, Failed: "Invalid Regexp"},
	})
}
