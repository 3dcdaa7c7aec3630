package services

import (
	"bytes"
	"context"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// addOtherServices adds what is not systemd's: init scripts, or the services of chkconfig, upstart or OpenRC.
func addOtherServices(ctx context.Context, r sys.Reader, units *snapshot, all map[string]any) error {
	has := func(name string) bool { _, err := r.LookPath(name); return err == nil }
	service, chkconfig, rcStatus := has("service"), has("chkconfig"), has("rc-status")
	if service && !chkconfig && !rcStatus {
		if err := addInitScripts(ctx, r, units, all); err != nil {
			return err
		}
	}
	switch {
	case has("initctl") && !chkconfig:
		return addUpstart(ctx, r, all)
	case chkconfig:
		return addChkconfig(ctx, r, all)
	case rcStatus && has("rc-update"):
		return addOpenRC(ctx, r, all)
	default:
		return nil
	}
}

const (
	initDir = "/etc/init.d"
	lsbHook = "/lib/lsb/init-functions.d/40-systemd" // makes init scripts ask systemd
)

// addInitScripts does what `service --status-all` does. Scripts that would only ask systemd are not run.
func addInitScripts(ctx context.Context, r sys.Reader, units *snapshot, all map[string]any) error {
	scripts, err := r.ReadDir(initDir)
	if err != nil {
		return nil // no init scripts
	}
	redirects := units != nil && exists(r, lsbHook) && exists(r, "/run/systemd/system")
	if !redirects {
		return addStatusAll(ctx, r, all)
	}
	for _, s := range scripts {
		name := s.Name()
		if skippedScript(name) || !r.Access(initDir+"/"+name, 1) {
			continue
		}
		if !asksSystemd(r, name) {
			if running, known := scriptStatus(ctx, r, name); known {
				all[name] = entry(name, "sysv", runningWord(running))
			}
			continue
		}
		all[name] = entry(name, "sysv", runningWord(isUp(units.active(strings.TrimSuffix(name, ".sh")+".service"))))
	}
	return nil
}

func runningWord(up bool) string {
	if up {
		return "running"
	}
	return "stopped"
}

func isUp(active string) bool {
	return active == "active" || active == "reloading" || active == "refreshing"
}

// skippedScript names what `service --status-all` leaves out.
func skippedScript(name string) bool {
	switch name {
	case "functions", "halt", "killall", "single", "linuxconf", "kudzu", "skeleton", "README", "rc", "rcS", "reboot", "bootclean.sh":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".dpkg-dist") || strings.HasSuffix(name, ".dpkg-old") ||
		strings.HasSuffix(name, ".dpkg-new")
}

// asksSystemd reports whether a script reads the functions that redirect it to systemd.
func asksSystemd(r sys.Reader, name string) bool {
	text, err := r.ReadFile(initDir + "/" + name)
	if err != nil {
		return false
	}
	return bytes.Contains(text, []byte("/init-functions")) || bytes.Contains(text, []byte("/init-d-script"))
}

// scriptStatus runs a script's status action in a clean environment; known is false where it only prints its usage.
func scriptStatus(ctx context.Context, r sys.Reader, name string) (running, known bool) {
	out, err := r.Query(ctx, sys.Command{Argv: []string{"env", "-i", "LANG=C", "LC_ALL=C",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=dumb", initDir + "/" + name, "status"}, Dir: "/"})
	if err != nil {
		return false, false
	}
	text := append(out.Stdout, out.Stderr...)
	if bytes.Contains(bytes.ToLower(text), []byte("usage:")) {
		return false, false
	}
	return out.Code == 0 && len(bytes.TrimSpace(text)) > 0, true
}

// addStatusAll reads the output of `service --status-all`.
func addStatusAll(ctx context.Context, r sys.Reader, all map[string]any) error {
	out, err := r.Query(ctx, sys.Command{Argv: []string{"service", "--status-all"}, Env: cLocale()})
	if err != nil {
		return err
	}
	if out.Code == 4 && !exists(r, initDir) {
		return nil
	}
	if out.Code != 0 {
		modules.Warn(ctx, "Unable to query 'service' tool (%d): %s", out.Code, out.Stderr)
	}
	for name, state := range parseStatusAll(string(out.Stdout)) {
		all[name] = entry(name, "sysv", state)
	}
	return nil
}

func parseStatusAll(out string) map[string]string {
	services := map[string]string{}
	line := regexp.MustCompile(`(?m)^\s*\[ (\+|-) \]\s+(.+)$`)
	for _, m := range line.FindAllStringSubmatch(out, -1) {
		services[m[2]] = runningWord(m[1] == "+")
	}
	return services
}

func exists(r sys.Reader, path string) bool { _, err := r.Stat(path); return err == nil }

func cLocale() map[string]string { return map[string]string{"LANG": "C", "LC_ALL": "C"} }

// runsSystemd reports whether process 1 is systemd.
func runsSystemd(r sys.Reader) bool {
	comm, err := r.ReadFile("/proc/1/comm")
	return err == nil && bytes.Contains(comm, []byte("systemd"))
}
