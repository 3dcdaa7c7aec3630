package access_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

const ufwHead = "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n"

// firewall imitates ufw on the files of a machine: of a rule it knows what it does and the port.
type firewall struct{ root func() string }

func (f firewall) file(name string) string { return filepath.Join(f.root(), name) }

func (f firewall) replace(name, from, to string) error {
	text, err := os.ReadFile(f.file(name))
	if err != nil {
		return err
	}
	return os.WriteFile(f.file(name), []byte(strings.ReplaceAll(string(text), from, to)), 0o644)
}

func (f firewall) run(c sys.Command) (sys.Output, error) {
	args := c.Argv[1:]
	dry := args[0] == "--dry-run"
	if dry || args[0] == "-f" {
		args = args[1:]
	}
	switch args[0] {
	case "enable":
		return sys.Output{}, f.replace("etc/ufw/ufw.conf", "ENABLED=no", "ENABLED=yes")
	case "disable":
		return sys.Output{}, f.replace("etc/ufw/ufw.conf", "ENABLED=yes", "ENABLED=no")
	case "logging":
		return sys.Output{}, f.replace("etc/ufw/ufw.conf", "LOGLEVEL=low", "LOGLEVEL="+args[1])
	case "default":
		return sys.Output{}, f.replace("etc/default/ufw", `INPUT_POLICY="ACCEPT"`, `INPUT_POLICY="DROP"`)
	case "reload":
		return sys.Output{}, nil
	}
	return f.rule(dry, args)
}

func (f firewall) rule(dry bool, args []string) (sys.Output, error) {
	remove := args[0] == "delete"
	if remove {
		args = args[1:]
	}
	insert := args[0] == "insert"
	if insert {
		args = args[2:]
	}
	port := args[slices.Index(args, "port")+1]
	if port == "nonsense" {
		return sys.Output{Code: 1, Stderr: []byte("ERROR: Could not find a profile matching 'nonsense'\n")}, nil
	}
	rule := "### tuple ### " + args[0] + " any " + port + " in\n"
	text, err := os.ReadFile(f.file("etc/ufw/user.rules"))
	if err != nil {
		return sys.Output{}, err
	}
	rules := strings.TrimPrefix(string(text), ufwHead)
	there := strings.Contains(rules, rule)
	if there != remove {
		return sys.Output{Stdout: []byte("Skipping\n")}, nil
	}
	switch {
	case remove:
		rules = strings.ReplaceAll(rules, rule, "")
	case insert:
		rules = rule + rules
	default:
		rules += rule
	}
	if dry {
		return sys.Output{Stdout: []byte(ufwHead + rules + "COMMIT\nRules updated\n")}, nil
	}
	return sys.Output{}, os.WriteFile(f.file("etc/ufw/user.rules"), []byte(ufwHead+rules), 0o640)
}

func TestUFW(t *testing.T) {
	var s sys.System // the machine of the case that runs
	setup := func(t *testing.T, machine sys.System) {
		s = machine
		for _, dir := range []string{"/etc/ufw", "/etc/default", "/usr/sbin"} {
			modulestest.Dir(t, s, dir)
		}
		modulestest.Write(t, s, "/usr/sbin/ufw", "", 0o755)
		modulestest.Write(t, s, "/etc/ufw/ufw.conf", "# mine\nENABLED=no\nLOGLEVEL=low\n", 0o644)
		modulestest.Write(t, s, "/etc/ufw/user.rules", ufwHead+"### tuple ### allow any 22 in\n### tuple ### deny any 23 in\n", 0o640)
		modulestest.Write(t, s, "/etc/default/ufw", "DEFAULT_INPUT_POLICY=\"ACCEPT\"\nDEFAULT_OUTPUT_POLICY=\"ACCEPT\"\nDEFAULT_FORWARD_POLICY=\"DROP\"\n", 0o644)
	}
	rules := func(list string) map[string]string { return map[string]string{"/etc/ufw/user.rules": ufwHead + list} }
	cases := []modulestest.Case{
		{Name: "a rule", Args: map[string]any{"rule": "allow", "port": "80"}, Files: rules("### tuple ### allow any 22 in\n### tuple ### deny any 23 in\n### tuple ### allow any 80 in\n"),
			Result: map[string]any{"commands": []any{"ufw allow from any to any port 80"}},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/etc/ufw/user.rules", ufwHead, 0o640) }},
		{Name: "at the start", Args: map[string]any{"rule": "allow", "port": "80", "insert": 1, "comment": "the web"}, Files: rules("### tuple ### allow any 80 in\n### tuple ### allow any 22 in\n### tuple ### deny any 23 in\n"),
			Result: map[string]any{"commands": []any{"ufw insert 1 allow from any to any port 80 comment the web"}}},
		{Name: "after the last", Args: map[string]any{"rule": "allow", "port": "80", "insert": 1, "insert_relative_to": "last-ipv4"},
			Result: map[string]any{"commands": []any{"ufw allow from any to any port 80"}}},
		{Name: "there", Args: map[string]any{"rule": "allow", "to_port": "22"}, Unchanged: true},
		{Name: "remove", Args: map[string]any{"rule": "deny", "port": "23", "delete": true}, Files: rules("### tuple ### allow any 22 in\n")},
		{Name: "gone", Args: map[string]any{"rule": "deny", "port": "24", "delete": true}, Unchanged: true},
		{Name: "runs, with a default", Args: map[string]any{"state": "enabled", "policy": "deny"},
			Files:  map[string]string{"/etc/ufw/ufw.conf": "# mine\nENABLED=yes\nLOGLEVEL=low\n"},
			Result: map[string]any{"commands": []any{"ufw -f enable", "ufw default deny incoming"}, "msg": "Status: active\nLogging: low\nDefault: deny (incoming), allow (outgoing), deny (routed)"}},
		{Name: "does not run", Args: map[string]any{"state": "disabled"}, Unchanged: true},
		{Name: "reload", Args: map[string]any{"state": "reloaded"}, Repeats: true},
		{Name: "logs more", Args: map[string]any{"logging": "high"}, Files: map[string]string{"/etc/ufw/ufw.conf": "# mine\nENABLED=no\nLOGLEVEL=high\n"}},
		{Name: "logs", Args: map[string]any{"logging": "on"}, Unchanged: true},
		{Name: "no such service", Args: map[string]any{"rule": "allow", "port": "nonsense"}, Failed: "Could not find a profile"},
		{Name: "nothing asked", Args: map[string]any{}, Failed: "one of the following is required: state, default, rule, logging"},
		{Name: "direction of a rule", Args: map[string]any{"rule": "allow", "direction": "incoming"}, Failed: "For rules, direction must be one of"},
		{Name: "direction of a default", Args: map[string]any{"default": "allow", "direction": "in"}, Failed: "For default, direction must be one of"},
		{Name: "interface of no direction", Args: map[string]any{"rule": "allow", "interface": "eth0"}, Failed: "direction"},
	}
	for i := range cases {
		cases[i].Setup = setup
		cases[i].Machine = func(*testing.T) ([]sys.RootedOption, func() string) {
			return []sys.RootedOption{sys.NewFakeCommands().OnFunc("ufw", firewall{func() string { return s.Root() }}.run).Option()}, nil
		}
	}
	modulestest.Run(t, access.UFW(), cases)
}
