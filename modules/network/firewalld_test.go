package network

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// zones imitates firewalld: what each zone has, permanently and now.
type zones struct {
	permanent, running map[string]bool // zone setting
	stopped            bool
}

func (z zones) String() string {
	return strings.Join(slices.Sorted(maps.Keys(z.permanent)), "\n") + "\n--\n" + strings.Join(slices.Sorted(maps.Keys(z.running)), "\n")
}

func (z zones) run(c sys.Command) (sys.Output, error) {
	args, has := c.Argv[1:], z.running
	if args[0] == "--permanent" {
		args, has = args[1:], z.permanent
	}
	if z.stopped && c.Argv[0] == "firewall-cmd" {
		return sys.Output{Code: 252, Stderr: []byte("FirewallD is not running\n")}, nil
	}
	if c.Argv[0] == "firewall-offline-cmd" {
		has = z.permanent
	}
	zone := "public"
	if name, ok := strings.CutPrefix(args[0], "--zone="); ok {
		zone, args = name, args[1:]
	}
	verb, setting, _ := strings.Cut(strings.TrimPrefix(args[0], "--"), "-")
	if setting == "service=nosuch" {
		return sys.Output{Code: 101, Stderr: []byte("Error: INVALID_SERVICE: nosuch\n")}, nil
	}
	switch verb {
	case "query":
		if !has[zone+" "+setting] {
			return sys.Output{Code: 1, Stdout: []byte("no\n")}, nil
		}
		return sys.Output{Stdout: []byte("yes\n")}, nil
	case "add":
		has[zone+" "+setting] = true
	case "remove":
		delete(has, zone+" "+setting)
	case "change":
		for at := range has {
			if strings.HasSuffix(at, " "+setting) {
				delete(has, at)
			}
		}
		has[zone+" "+setting] = true
	case "new", "delete":
		name := strings.TrimPrefix(setting, "zone=")
		delete(has, name+" zone")
		if verb == "new" {
			has[name+" zone"] = true
		}
	case "set":
		for at := range has {
			if strings.HasPrefix(at, zone+" target=") {
				delete(has, at)
			}
		}
		if setting != "target=default" {
			has[zone+" "+setting] = true
		}
	case "get":
		return z.get(has, zone, setting), nil
	}
	return sys.Output{Stdout: []byte("success\n")}, nil
}

func (z zones) get(has map[string]bool, zone, what string) sys.Output {
	var found []string
	for at := range has {
		name, setting, _ := strings.Cut(at, " ")
		switch {
		case what == "zones" && setting == "zone", strings.HasPrefix(what, "zone-of-") && setting == strings.TrimPrefix(what, "zone-of-"):
			found = append(found, name)
		case what == "target" && name == zone && strings.HasPrefix(setting, "target="):
			return sys.Output{Stdout: []byte(strings.TrimPrefix(setting, "target=") + "\n")}
		}
	}
	switch {
	case what == "target":
		return sys.Output{Stdout: []byte("default\n")}
	case len(found) == 0 && what != "zones":
		return sys.Output{Code: 2, Stdout: []byte("no zone\n")}
	}
	return sys.Output{Stdout: []byte(strings.Join(found, " ") + "\n")}
}

func TestFirewalld(t *testing.T) {
	machine := func(stopped bool) func(*testing.T) ([]sys.RootedOption, func() string) {
		return func(*testing.T) ([]sys.RootedOption, func() string) {
			z := zones{permanent: map[string]bool{"public service=ssh": true, "public zone": true, "work zone": true, "work interface=eth1": true, "work target=DROP": true},
				running: map[string]bool{"public service=ssh": true, "public service=tftp": true}, stopped: stopped}
			return []sys.RootedOption{sys.NewFakeCommands().OnFunc("firewall-cmd", z.run).OnFunc("firewall-offline-cmd", z.run).Option()}, z.String
		}
	}
	args := func(more ...any) map[string]any {
		a := map[string]any{"state": "enabled"}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	says := func(msg string) map[string]any { return map[string]any{"msg": msg} }
	forward := []any{map[string]any{"port": 443, "proto": "tcp", "toport": 8443}}
	cases := []modulestest.Case{
		{Name: "both", Args: args("service", "https", "permanent", true, "immediate", true), Result: says("Permanent and Non-Permanent(immediate) operation, Changed service https to enabled")},
		{Name: "permanent", Args: args("port", "80/tcp", "permanent", true), Result: says("Permanent operation, Changed port 80/tcp to enabled")},
		{Name: "now", Args: args("port", "80/tcp", "timeout", 30), Result: says("Non-permanent operation, Changed port 80/tcp to enabled")},
		{Name: "there", Args: args("service", "ssh", "permanent", true, "immediate", true), Unchanged: true, Result: says("Permanent and Non-Permanent(immediate) operation")},
		{Name: "there now", Args: args("service", "tftp", "permanent", true, "immediate", true)},
		{Name: "away", Args: args("service", "ssh", "permanent", true, "immediate", true, "state", "disabled")},
		{Name: "gone", Args: args("protocol", "gre", "permanent", true, "state", "disabled"), Unchanged: true},
		{Name: "masquerade", Args: args("masquerade", "yes", "zone", "public", "permanent", true), Result: says("Permanent operation, Added masquerade to zone public")},
		{Name: "no masquerade", Args: args("masquerade", "no", "permanent", true), Unchanged: true},
		{Name: "source", Args: args("source", "10.0.0.0/8", "zone", "work", "permanent", true), Result: says("Permanent operation, Added 10.0.0.0/8 to zone work")},
		{Name: "interface comes from another zone", Args: args("interface", "eth1", "zone", "public", "permanent", true), Result: says("Permanent operation, Changed eth1 to zone public")},
		{Name: "interface of another zone", Args: args("interface", "eth1", "zone", "public", "permanent", true, "state", "disabled"), Unchanged: true},
		{Name: "interface leaves", Args: args("interface", "eth1", "zone", "work", "permanent", true, "state", "disabled")},
		{Name: "forward", Args: args("port_forward", forward, "permanent", true), Result: says("Permanent operation, Changed port_forward port=443:proto=tcp:toport=8443 to enabled")},
		{Name: "rich rule", Args: args("rich_rule", `rule service name="ftp" accept`, "permanent", true)},
		{Name: "blocks", Args: args("icmp_block", "echo-request", "zone", "work", "permanent", true)},
		{Name: "inversion", Args: args("icmp_block_inversion", "yes", "zone", "work", "permanent", true)},
		{Name: "zone", Args: args("zone", "mine", "state", "present", "permanent", true), Result: says("Permanent operation, Added zone mine, Changed zone mine to present")},
		{Name: "zone is there", Args: args("zone", "work", "state", "present", "permanent", true), Unchanged: true},
		{Name: "zone goes", Args: args("zone", "work", "state", "absent", "permanent", true)},
		{Name: "target", Args: args("zone", "public", "target", "ACCEPT", "permanent", true), Result: says("Permanent operation, Set zone public target to ACCEPT")},
		{Name: "target is reset", Args: args("zone", "work", "target", "DROP", "state", "disabled", "permanent", true), Result: says("Permanent operation, Reset zone work target to default")},
		{Name: "no such service", Args: args("service", "nosuch"), Failed: "INVALID_SERVICE: nosuch"},
		{Name: "no protocol", Args: args("port", "80"), Failed: "improper port format (missing protocol?)"},
		{Name: "zone now", Args: args("zone", "mine", "state", "present"), Failed: "Zone operations must be permanent."},
		{Name: "nothing", Args: args("zone", "work"), Failed: "one of the following is required"},
		{Name: "state of zones", Args: args("service", "ssh", "state", "present"), Failed: "absent and present state can only be used in zone level operations"},
	}
	for i := range cases {
		cases[i].Machine = machine(false)
	}
	cases = append(cases,
		modulestest.Case{Name: "without a daemon", Args: args("service", "https", "permanent", true), Machine: machine(true),
			Result: says("Permanent operation, Changed service https to enabled, (offline operation: only on-disk configs were altered)")},
		modulestest.Case{Name: "now, without a daemon", Args: args("service", "https"), Machine: machine(true), Failed: "firewall is not currently running"})
	modulestest.Run(t, Firewalld(), cases)
}
