package files

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// rsyncHost is a machine on which programs are where they always are, and rsync answers as told.
func rsyncHost(t *testing.T, out sys.Output) (s sys.System, ran *[]sys.Command) {
	t.Helper()
	ran = new([]sys.Command)
	return modulestest.NewMachine(t, sys.WithCommands(
		func(_ context.Context, c sys.Command) (sys.Output, error) { *ran = append(*ran, c); return out, nil },
		func(name string) (string, error) { return "/usr/bin/" + name, nil })), ran
}

func TestSynchronizeCommand(t *testing.T) {
	const mark = "--out-format=<<CHANGED>>%i %n%L"
	for _, c := range []struct {
		args map[string]any
		dry  bool
		want []string
	}{
		{args: map[string]any{"dest": "/b"}, want: []string{"--delay-updates", "-F", "--compress", "--archive", mark, "/a", "/b"}},
		{args: map[string]any{"dest": "ann@h:/b", "dest_port": 22, "private_key": "/k y", "verify_host": false, "rsync_path": "sudo -u root rsync", "ssh_args": "-C"}, dry: true,
			want: []string{"--delay-updates", "-F", "--compress", "--dry-run", "--archive",
				"--rsh=/usr/bin/ssh -S none -i '/k y' -o Port=22 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -C",
				"--rsync-path=sudo -u root rsync", mark, "/a", "ann@h:/b"}},
		{args: map[string]any{"dest": "h:/b", "ssh_connection_multiplexing": true}, want: []string{"--delay-updates", "-F", "--compress", "--archive", "--rsh=/usr/bin/ssh", mark, "/a", "h:/b"}},
		{args: map[string]any{"dest": "h:/b", "rsync_opts": []any{"--rsh=x", "--exclude='a b'"}}, want: []string{"--delay-updates", "-F", "--compress", "--archive", "--rsh=x", "--exclude=a b", mark, "/a", "h:/b"}},
		{args: map[string]any{"dest": "rsync://h/b"}, want: []string{"--delay-updates", "-F", "--compress", "--archive", mark, "/a", "rsync://h/b"}},
		{args: map[string]any{"dest": "/b", "archive": false, "recursive": true, "links": false, "times": true, "delete": true, "checksum": true, "compress": false, "delay_updates": false,
			"partial": true, "rsync_timeout": 9, "existing_only": true, "dirs": true, "copy_links": true},
			want: []string{"--timeout=9", "--delete-after", "--existing", "--checksum", "--copy-links", "--recursive", "--times", "--dirs", "--partial", mark, "/a", "/b"}},
		{args: map[string]any{"dest": "/b/c", "owner": false, "link_dest": []any{"/old/"}}, want: []string{"--delay-updates", "-F", "--compress", "--archive", "--no-owner", "-H", "-vv",
			"--link-dest=/old", mark, "/a", "/b/c"}},
	} {
		s, ran := rsyncHost(t, sys.Output{Stdout: []byte("<<CHANGED>>>f+++++++++ x\n\n")})
		c.args["src"] = "/a"
		res := Synchronize().Run(t.Context(), &modules.Call{Sys: s, Args: c.args, Check: c.dry})
		if res.Failed() || !res.Changed() || res["msg"] != ">f+++++++++ x\n\n" || !slices.Equal(res["stdout_lines"].([]string), []string{">f+++++++++ x"}) {
			t.Fatalf("%v: %v", c.args, res)
		}
		if got := (*ran)[0].Argv[1:]; !slices.Equal(got, c.want) {
			t.Errorf("%v:\n  %q\nwant\n  %q", c.args, got, c.want)
		}
	}
}

func TestSynchronizeResults(t *testing.T) {
	run := func(out sys.Output, args map[string]any) (modules.Result, []sys.Command) {
		s, ran := rsyncHost(t, out)
		return Synchronize().Run(t.Context(), &modules.Call{Sys: s, Args: args}), *ran
	}
	ab := func(more ...any) map[string]any {
		args := map[string]any{"src": "/a", "dest": "h:/b/c"}
		for i := 0; i < len(more); i += 2 {
			args[more[i].(string)] = more[i+1]
		}
		return args
	}
	if res, _ := run(sys.Output{}, ab()); res.Changed() || res.Failed() || !strings.Contains(res["cmd"].(string), "--rsh='/usr/bin/ssh -S none' --out-format='<<CHANGED>>%i %n%L' /a h:/b/c") {
		t.Errorf("nothing to do: %v", res)
	}
	if res, _ := run(sys.Output{Stdout: []byte("<<CHANGED>>.f x\n")}, ab("link_dest", []any{"/old"})); res.Changed() {
		t.Errorf("linked already: %v", res)
	}
	if res, _ := run(sys.Output{Code: 23, Stderr: []byte("no way")}, ab()); !res.Failed() || res["rc"] != 23 || res["msg"] != "no way" {
		t.Errorf("a failure: %v", res)
	}
	res, ran := run(sys.Output{}, ab("_local_rsync_password", "s3cret"))
	password, err := io.ReadAll(ran[0].Stdin)
	if err != nil || string(password) != "s3cret\n" || !slices.Equal(ran[0].Argv[:3], []string{"sshpass", "-d0", "/usr/bin/rsync"}) || strings.Contains(modules.PyRepr(res), "s3cret") {
		t.Errorf("a password: %q %q %v %v", ran[0].Argv, password, err, res)
	}
	for want, args := range map[string]map[string]any{
		"must be a localhost":   {"src": "rsync://a/b", "dest": "rsync://c/d"},
		"would cause recursion": {"src": "/a", "dest": "/old/x/y", "link_dest": []any{"/old"}},
		"rsync_opts":            ab("rsync_opts", []any{"--exclude='x"}),
		"Unsupported":           ab("colour", "red"),
	} {
		if res, ran := run(sys.Output{}, args); !res.Failed() || !strings.Contains(modules.PyStr(res["msg"]), want) || len(ran) > 0 {
			t.Errorf("%s: %v, ran %v", want, res, ran)
		}
	}
}
