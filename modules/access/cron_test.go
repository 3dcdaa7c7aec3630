package access_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

const rootTab = "/var/spool/cron/crontabs/root"

// withCron gives the throw-away machine the folders of a cron daemon, and root a crontab if text is not empty.
func withCron(text string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		for _, dir := range []string{"/var/spool", "/var/spool/cron", "/var/spool/cron/crontabs", "/etc/cron.d"} {
			modulestest.Dir(t, s, dir)
		}
		if text != "" {
			modulestest.Write(t, s, rootTab, text, 0o600)
			modulestest.Write(t, s, "/etc/cron.d/jobs", text, 0o640)
		}
	}
}

func TestCron(t *testing.T) {
	modulestest.Run(t, access.Cron(), []modulestest.Case{
		{Name: "new", Setup: withCron(""), Args: map[string]any{"name": "check dirs", "hour": "5,2", "minute": 0, "job": "ls -alh > /dev/null"},
			Result: map[string]any{"jobs": []any{"check dirs"}, "envs": []any{}, "changed": true},
			Files:  map[string]string{rootTab: "#Ansible: check dirs\n0 5,2 * * * ls -alh > /dev/null\n"},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, rootTab, "# mine\n", 0o600) }},
		{Name: "more", Setup: withCron("A=b\n#Ansible: x\n* * * * * x\n"), Args: map[string]any{"name": "y", "special_time": "daily", "job": "y"},
			Result: map[string]any{"jobs": []any{"x", "y"}, "envs": []any{"A"}},
			Files:  map[string]string{rootTab: "A=b\n#Ansible: x\n* * * * * x\n#Ansible: y\n@daily y\n"}},
		{Name: "there", Setup: withCron("#Ansible: x\n* * * * * x\n"), Args: map[string]any{"name": "x", "job": "x"}, Unchanged: true},
		{Name: "other job", Setup: withCron("#Ansible: x\n* * * * * x\n# note\n"), Args: map[string]any{"name": "x", "job": "z", "weekday": "1"},
			Files: map[string]string{rootTab: "#Ansible: x\n* * * * 1 z\n# note\n"}},
		{Name: "without a name", Setup: withCron("# note\n* * * * * x\n"), Args: map[string]any{"name": "x", "job": "x"},
			Files: map[string]string{rootTab: "# note\n#Ansible: x\n* * * * * x\n"}},
		{Name: "named None", Setup: withCron("#Ansible: None\n* * * * * x\n"), Args: map[string]any{"name": "x", "job": "x"},
			Files: map[string]string{rootTab: "#Ansible: x\n* * * * * x\n"}},
		{Name: "disabled", Setup: withCron("#Ansible: x\n* * * * * x\n"), Args: map[string]any{"name": "x", "job": "x", "disabled": true},
			Files: map[string]string{rootTab: "#Ansible: x\n#* * * * * x\n"}},
		{Name: "no line end", Setup: withCron("#Ansible: x\n* * * * * x"), Args: map[string]any{"name": "x", "job": "x"},
			Files: map[string]string{rootTab: "#Ansible: x\n* * * * * x\n"}},
		{Name: "absent", Setup: withCron("#Ansible: x\n* * * * * x\n* * * * * y\n"), Args: map[string]any{"name": "x", "state": "absent"},
			Files: map[string]string{rootTab: "* * * * * y\n"}},
		{Name: "last one absent", Setup: withCron("#Ansible: x\n* * * * * x\n"), Args: map[string]any{"name": "x", "state": "absent"},
			Result: map[string]any{"jobs": []any{}}, Files: map[string]string{rootTab: ""}},
		{Name: "not there", Setup: withCron(""), Args: map[string]any{"name": "x", "state": "absent"}, Unchanged: true},
		{Name: "of another", Setup: withCron(""), Args: map[string]any{"name": "x", "job": "x", "user": "alice"},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if st, err := s.Stat("/var/spool/cron/crontabs/alice"); err != nil || st.UID != 1000 || st.Perm != 0o600 {
					t.Errorf("%+v, %v", st, err)
				}
			}},
		{Name: "file", Setup: withCron(""), Args: map[string]any{"name": "x", "job": "x", "user": "root", "cron_file": "mine"},
			Result: map[string]any{"cron_file": "mine", "jobs": []any{"x"}},
			Files:  map[string]string{"/etc/cron.d/mine": "#Ansible: x\n* * * * * root x\n"}},
		{Name: "file with special time", Setup: withCron("A=b\n"), Args: map[string]any{"name": "x", "job": "x", "user": "root", "cron_file": "/etc/cron.d/jobs", "special_time": "reboot"},
			Files: map[string]string{"/etc/cron.d/jobs": "A=b\n#Ansible: x\n@reboot root x\n"}},
		{Name: "file emptied", Setup: withCron("#Ansible: x\n* * * * * root x\n\n"), Args: map[string]any{"name": "x", "state": "absent", "cron_file": "jobs"},
			Result: map[string]any{"cron_file": "jobs", "state": "absent"},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if _, err := s.Stat("/etc/cron.d/jobs"); err == nil {
					t.Error("the empty file is still there")
				}
			}},
		{Name: "variable", Setup: withCron("# note\n"), Args: map[string]any{"name": "PATH", "env": true, "job": "/bin"},
			Result: map[string]any{"envs": []any{"PATH"}}, Files: map[string]string{rootTab: "PATH=\"/bin\"\n# note\n"}},
		{Name: "variable behind", Setup: withCron("A=\"1\"\nB=\"2\"\n"), Args: map[string]any{"name": "X", "env": true, "job": "x", "insertafter": "A"},
			Files: map[string]string{rootTab: "A=\"1\"\nX=\"x\"\nB=\"2\"\n"}},
		{Name: "variable before", Setup: withCron("A=\"1\"\nB=\"2\"\n"), Args: map[string]any{"name": "X", "env": true, "job": "x", "insertbefore": "B"},
			Files: map[string]string{rootTab: "A=\"1\"\nX=\"x\"\nB=\"2\"\n"}},
		{Name: "variable changed", Setup: withCron("A=\"1\"\nB=\"2\"\n"), Args: map[string]any{"name": "A", "env": true, "value": "3"},
			Files: map[string]string{rootTab: "A=\"3\"\nB=\"2\"\n"}},
		{Name: "variable absent", Setup: withCron("A=\"1\"\nB=\"2\"\n"), Args: map[string]any{"name": "A", "env": true, "state": "absent"},
			Files: map[string]string{rootTab: "B=\"2\"\n"}},
		{Name: "backup", Setup: withCron("#Ansible: x\n* * * * * x\n"), Args: map[string]any{"name": "x", "job": "z", "backup": true},
			Check: func(t *testing.T, s sys.System, res modules.Result) {
				file, _ := res["backup_file"].(string)
				if data, err := s.ReadFile(file); err != nil || string(data) != "#Ansible: x\n* * * * * x\n" {
					t.Errorf("backup %s: %q, %v", file, data, err)
				}
			}},
		{Name: "beside nothing", Setup: withCron(""), Args: map[string]any{"name": "X", "env": true, "job": "x", "insertafter": "A"}, Failed: "Variable named 'A' not found."},
		{Name: "two times", Args: map[string]any{"name": "x", "job": "x", "special_time": "daily", "hour": "1"}, Failed: "time and date fields or special time"},
		{Name: "no job", Args: map[string]any{"name": "x"}, Failed: "You must specify 'job'"},
		{Name: "no user", Args: map[string]any{"name": "x", "job": "x", "cron_file": "f"}, Failed: "you must specify user"},
		{Name: "crontab itself", Args: map[string]any{"name": "x", "job": "x", "user": "root", "cron_file": "/etc/crontab"}, Failed: "Will not manage /etc/crontab"},
		{Name: "no cron", Args: map[string]any{"name": "x", "job": "x"}, Failed: "required executable \"crontab\""},
	})
}

// Where the crontab program is installed it installs crontabs.
func TestCronProgram(t *testing.T) {
	fake := sys.NewFakeCommands().On("crontab", sys.Output{Code: 2, Stderr: []byte("bad minute\n")})
	s := modulestest.NewMachine(t, fake.Option())
	withCron("")(t, s)
	res := access.Cron().Run(t.Context(), &modules.Call{Sys: s, Args: map[string]any{"name": "x", "job": "x", "user": "alice"}})
	if got := strings.Join(fake.Lines(), ";"); got != "crontab -u alice -" || res["msg"] != "bad minute\n" {
		t.Errorf("ran %s: %v", got, res)
	}
}
