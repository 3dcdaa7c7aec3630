package services

import (
	"context"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

func addUpstart(ctx context.Context, r sys.Reader, all map[string]any) error {
	out, err := r.Query(ctx, sys.Command{Argv: []string{"initctl", "list"}, Env: cLocale()})
	if err != nil {
		return err
	}
	if out.Code != 0 {
		modules.Warn(ctx, "Unable to query upstart for service data: %s", out.Stderr)
		return nil
	}
	for name, e := range parseInitctl(string(out.Stdout)) {
		all[name] = e
	}
	return nil
}

func parseInitctl(out string) map[string]any {
	services := map[string]any{}
	line := regexp.MustCompile(`^\s?(.*)\s(\w+)/(\w+)(, process (\d+))?\s*$`)
	for _, l := range strings.Split(strings.ReplaceAll(out, "\r", ""), "\n") {
		if m := line.FindStringSubmatch(l); m != nil {
			services[m[1]] = map[string]any{"name": m[1], "goal": m[2], "state": m[3], "source": "upstart"}
		}
	}
	return services
}

// addChkconfig lists the init scripts of chkconfig and asks each for its status.
func addChkconfig(ctx context.Context, r sys.Reader, all map[string]any) error {
	var lists map[string]bool
	for _, args := range [][]string{{"chkconfig"}, {"chkconfig", "-l", "--allservices"}, {"chkconfig", "--list"}} {
		out, err := r.Query(ctx, sys.Command{Argv: args, Env: cLocale()})
		if err != nil {
			return err
		}
		if lists = parseChkconfig(string(out.Stdout)); len(lists) > 0 {
			break
		}
	}
	for name, enabled := range lists {
		e := entry(name, "sysv", "stopped")
		e["status"] = "disabled"
		if enabled {
			e["status"] = "enabled"
		}
		out, err := r.Query(ctx, sys.Command{Argv: []string{"service", name, "status"}, Env: cLocale()})
		if err != nil {
			return err
		}
		if out.Code == 0 {
			e["state"] = "running"
		}
		all[name] = e
	}
	return nil
}

// parseChkconfig reads lines such as "sshd 0:off 1:off 2:on 3:on 4:on 5:on 6:off"; runlevel 3 decides.
func parseChkconfig(out string) map[string]bool {
	services := map[string]bool{}
	for _, l := range strings.Split(out, "\n") {
		f := strings.Fields(l)
		if len(f) < 8 || f[1] != "0:on" && f[1] != "0:off" {
			continue
		}
		services[f[0]] = f[4] == "3:on"
	}
	return services
}

// addOpenRC lists OpenRC's services with their runlevels.
func addOpenRC(ctx context.Context, r sys.Reader, all map[string]any) error {
	status, err := r.Query(ctx, sys.Command{Argv: []string{"rc-status", "-a", "-s", "-m"}, Env: cLocale()})
	if err != nil {
		return err
	}
	update, err := r.Query(ctx, sys.Command{Argv: []string{"rc-update", "show", "-v"}, Env: cLocale()})
	if err != nil {
		return err
	}
	levels := parseRunlevels(string(update.Stdout))
	for name, state := range parseRCStatus(string(status.Stdout) + string(status.Stderr)) {
		e := entry(name, "openrc", state)
		e["runlevels"] = nil
		if l := levels[name]; len(l) > 0 {
			e["runlevels"] = l
		}
		all[name] = e
	}
	return nil
}

// parseRunlevels reads lines such as " sshd | default".
func parseRunlevels(out string) map[string][]any {
	levels := map[string][]any{}
	for _, l := range strings.Split(out, "\n") {
		name, rest, ok := strings.Cut(l, "|")
		if !ok {
			continue
		}
		for _, level := range strings.Fields(rest) {
			levels[strings.TrimSpace(name)] = append(levels[strings.TrimSpace(name)], level)
		}
	}
	return levels
}

// parseRCStatus reads lines such as " sshd  [ started ]".
func parseRCStatus(out string) map[string]string {
	states := map[string]string{}
	for _, l := range strings.Split(out, "\n") {
		if !strings.HasPrefix(l, " ") {
			continue
		}
		f := strings.Fields(strings.NewReplacer("[", " ", "]", " ").Replace(l))
		if len(f) >= 2 {
			states[f[0]] = f[1]
		}
	}
	return states
}
