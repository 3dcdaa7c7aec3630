package access_test

import (
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestGetent(t *testing.T) {
	fake := sys.NewFakeCommands().On("getent passwd root", sys.Output{Stdout: []byte("root:x:0:0:root:/root:/bin/bash\n")}).
		On("getent hosts", sys.Output{Stdout: []byte("127.0.0.1       localhost lo\n127.0.0.1       me\n10.0.0.1 x\n")}).
		On("getent group nope", sys.Output{Code: 2}).On("getent nope", sys.Output{Code: 1}).On("getent aliases", sys.Output{Code: 3}).
		On("getent services ssh -s files", sys.Output{Stdout: []byte("ssh 22/tcp\n")})
	tests := []struct {
		args map[string]any
		want map[string]any
	}{
		{map[string]any{"database": "passwd", "key": "root"}, map[string]any{"ansible_facts": map[string]any{"getent_passwd": map[string]any{"root": []any{"x", "0", "0", "root", "/root", "/bin/bash"}}}}},
		{map[string]any{"database": "hosts"}, map[string]any{"ansible_facts": map[string]any{"getent_hosts": map[string]any{"127.0.0.1": []any{[]any{"localhost", "lo"}, []any{"me"}}, "10.0.0.1": []any{"x"}}}}},
		{map[string]any{"database": "services", "key": "ssh", "service": "files", "split": "/"}, map[string]any{"ansible_facts": map[string]any{"getent_services": map[string]any{"ssh 22": []any{"tcp"}}}}},
		{map[string]any{"database": "group", "key": "nope"}, map[string]any{"failed": true, "msg": "One or more supplied key could not be found in the database."}},
		{map[string]any{"database": "group", "key": "nope", "fail_key": false}, map[string]any{"failed": nil, "ansible_facts": map[string]any{"getent_group": map[string]any{"nope": nil}}}},
		{map[string]any{"database": "nope"}, map[string]any{"msg": "Missing arguments, or database unknown."}},
		{map[string]any{"database": "aliases"}, map[string]any{"msg": "Enumeration not supported on this database."}},
	}
	for _, tt := range tests {
		res := access.Getent().Run(t.Context(), &modules.Call{Sys: modulestest.NewMachine(t, fake.Option()), Args: tt.args})
		for key, want := range tt.want {
			if modules.PyRepr(res[key]) != modules.PyRepr(want) {
				t.Errorf("%v: %s = %s, want %s", tt.args, key, modules.PyRepr(res[key]), modules.PyRepr(want))
			}
		}
	}
}
