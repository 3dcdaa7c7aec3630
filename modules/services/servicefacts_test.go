package services

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

func factsOn(t *testing.T, commands *sys.FakeCommands, files map[string]string, dirs ...string) (map[string]any, modules.Result) {
	t.Helper()
	s := modulestest.NewMachine(t, commands.Option())
	for _, d := range dirs {
		modulestest.Dir(t, s, d)
	}
	for path, text := range files {
		modulestest.Write(t, s, path, text, 0o755)
	}
	res := ServiceFacts(systemd.NewBus()).Run(t.Context(), &modules.Call{Sys: s, Args: map[string]any{}})
	facts, _ := res["ansible_facts"].(map[string]any)
	all, _ := facts["services"].(map[string]any)
	return all, res
}

func TestServiceFactsOfSystemd(t *testing.T) {
	units := "  run.service loaded active running R\n  once.service loaded active exited O\n● gone.service not-found inactive dead gone.service\n● bad.service loaded failed failed B\n  ask.service loaded active running A\n"
	commands := sys.NewFakeCommands().On("systemctl list-units", sys.Output{Stdout: []byte(units)}).On("service", sys.Output{}).
		On("env -i LANG=C LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb /etc/init.d/own status", sys.Output{Stdout: []byte("running\n")}).
		On("env -i LANG=C LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb /etc/init.d/lost status", sys.Output{Stdout: []byte("Usage: lost start\n")})
	all, _ := factsOn(t, commands, map[string]string{
		"/proc/1/comm": "systemd\n", "/lib/lsb/init-functions.d/40-systemd": "x",
		"/etc/systemd/system/run.service": "[Service]\n", "/etc/systemd/system/bad.service": "[Install]\nWantedBy=a.target\n",
		"/etc/systemd/system/off.service": "[Install]\nWantedBy=a.target\n", "/etc/systemd/system/t@.service": "[Service]\n",
		"/etc/init.d/ask": ". /lib/lsb/init-functions\n", "/etc/init.d/idle.sh": ". /lib/lsb/init-functions\n", "/etc/init.d/own": "x", "/etc/init.d/lost": "x", "/etc/init.d/README": "x",
	}, "/proc", "/proc/1", "/lib", "/lib/lsb", "/lib/lsb/init-functions.d", "/etc/systemd", "/etc/systemd/system", "/etc/init.d", "/run", "/run/systemd", "/run/systemd/system")
	want := map[string]string{
		"run.service": "systemd running static", "once.service": "systemd stopped active", "gone.service": "systemd stopped not-found", "bad.service": "systemd stopped failed",
		"ask.service": "systemd running active", "off.service": "systemd inactive disabled", "t@.service": "systemd unknown static",
		"ask": "sysv running", "idle.sh": "sysv stopped", "own": "sysv running",
	}
	got := map[string]string{}
	for name, v := range all {
		e := v.(map[string]any)
		got[name] = fmt.Sprint(e["source"], " ", e["state"])
		if s, ok := e["status"]; ok {
			got[name] += fmt.Sprint(" ", s)
		}
		if e["name"] != name {
			t.Errorf("%s is called %v", name, e["name"])
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestServiceFactsOfOthers(t *testing.T) {
	status := sys.Output{Stdout: []byte(" [ + ]  cron\n [ - ]  dbus\n [ ? ]  odd\n")}
	all, _ := factsOn(t, sys.NewFakeCommands().On("service --status-all", status), map[string]string{"/etc/init.d/cron": "x"}, "/etc/init.d")
	if fmt.Sprint(all) != "map[cron:map[name:cron source:sysv state:running] dbus:map[name:dbus source:sysv state:stopped]]" {
		t.Errorf("init scripts: %v", all)
	}
	rc := sys.NewFakeCommands().On("rc-status", sys.Output{Stdout: []byte("Runlevel: default\n sshd  [  started  ]\n cron  [  stopped  ]\n")}).
		On("rc-update", sys.Output{Stdout: []byte(" sshd | default boot\n cron |\n")})
	all, _ = factsOn(t, rc, nil)
	if fmt.Sprint(all) != "map[cron:map[name:cron runlevels:<nil> source:openrc state:stopped] sshd:map[name:sshd runlevels:[default boot] source:openrc state:started]]" {
		t.Errorf("OpenRC: %v", all)
	}
	chk := sys.NewFakeCommands().On("chkconfig", sys.Output{Stdout: []byte("sshd 0:off 1:off 2:on 3:on 4:on 5:on 6:off\nold 0:off 1:off 2:off 3:off 4:off 5:off 6:off\n")}).
		On("service sshd status", sys.Output{}).On("service old status", sys.Output{Code: 3})
	all, _ = factsOn(t, chk, nil)
	if fmt.Sprint(all) != "map[old:map[name:old source:sysv state:stopped status:disabled] sshd:map[name:sshd source:sysv state:running status:enabled]]" {
		t.Errorf("chkconfig: %v", all)
	}
	up := sys.NewFakeCommands().On("initctl list", sys.Output{Stdout: []byte("ssh start/running, process 12\ntty stop/waiting\n")})
	all, _ = factsOn(t, up, nil)
	if fmt.Sprint(all) != "map[ssh:map[goal:start name:ssh source:upstart state:running] tty:map[goal:stop name:tty source:upstart state:waiting]]" {
		t.Errorf("upstart: %v", all)
	}
	_, res := factsOn(t, sys.NewFakeCommands(), nil)
	if res["skipped"] != true {
		t.Errorf("nothing found: %v", res)
	}
}

func FuzzServiceOutputs(f *testing.F) {
	f.Add(" [ + ]  cron\n", "sshd | default\n", " sshd [ started ]\n", "sshd 0:off 1:off 2:on 3:on 4:on 5:on 6:off\n", "ssh start/running, process 1\n")
	f.Fuzz(func(t *testing.T, all, levels, status, chk, init string) {
		for _, state := range parseStatusAll(all) {
			if state != "running" && state != "stopped" {
				t.Fatal(state)
			}
		}
		parseRunlevels(levels)
		parseRCStatus(status)
		parseChkconfig(chk)
		parseInitctl(init)
	})
}
