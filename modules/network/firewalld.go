package network

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// FirewalldParams are the parameters of firewalld.
type FirewalldParams struct {
	State       string        `param:"state,required" choices:"absent,disabled,enabled,present" doc:"Whether the zone has the setting; present and absent are for zones themselves, and for target."`
	Zone        *string       `param:"zone" doc:"The zone; by default the default zone."`
	Permanent   *bool         `param:"permanent" doc:"Whether the setting outlasts a restart. Without it and immediate, the running firewall is set."`
	Immediate   bool          `param:"immediate" default:"false" doc:"Whether the running firewall is set, too."`
	Offline     *bool         `param:"offline" doc:"Taken for compatibility: permanent settings are made whether firewalld runs or not."`
	Timeout     int           `param:"timeout" default:"0" doc:"Seconds after which the running firewall forgets the setting."`
	Service     *string       `param:"service" doc:"A service, of those that firewall-cmd --get-services lists."`
	Port        *string       `param:"port" doc:"A port or range of ports with its protocol, such as 8080/tcp."`
	Protocol    *string       `param:"protocol" doc:"A protocol."`
	Source      *string       `param:"source" doc:"An address or network whose traffic belongs to the zone."`
	Interface   *string       `param:"interface" doc:"An interface whose traffic belongs to the zone; it leaves the zone it was in."`
	RichRule    *string       `param:"rich_rule" doc:"A rule in firewalld's rich language."`
	ICMPBlock   *string       `param:"icmp_block" doc:"A kind of ICMP messages that is blocked."`
	Inversion   *string       `param:"icmp_block_inversion" doc:"Whether the blocks of ICMP are inverted."`
	Masquerade  *string       `param:"masquerade" doc:"Whether the zone masquerades."`
	PortForward []forwardPort `param:"port_forward" elements:"dict" doc:"A port that is forwarded."`
	Target      *string       `param:"target" choices:"default,ACCEPT,DROP,%%REJECT%%" doc:"What happens to packets that nothing matches; only permanent."`
}

// forwardPort is a port that is forwarded to another one.
type forwardPort struct {
	Port   string  `param:"port,required" doc:"The port."`
	Proto  string  `param:"proto,required" choices:"udp,tcp" doc:"Its protocol."`
	ToPort string  `param:"toport,required" doc:"The port that it is forwarded to."`
	ToAddr *string `param:"toaddr" doc:"The address that it is forwarded to."`
}

// Firewalld manages zones of firewalld.
func Firewalld() modules.Module {
	return modules.State[FirewalldParams, FirewalldState]{
		Info: modules.Info{
			Name: "firewalld", Summary: "Manage the zones of firewalld.", Undo: modules.UndoFull,
			Aliases: []string{"ansible.posix.firewalld"},
			Notes:   "A new zone is known to the running firewall after firewalld was reloaded, as Ansible has it.",
			Examples: `- name: Web traffic comes in, now and after a restart
  firewalld: {service: https, permanent: true, immediate: true, state: enabled}
- name: An interface belongs to a zone
  firewalld: {zone: internal, interface: eth1, permanent: true, state: enabled}
`,
		},
		Rules: modules.Rules{
			Exclusive: [][]string{{"icmp_block", "icmp_block_inversion", "service", "protocol", "port", "port_forward", "rich_rule", "interface", "masquerade", "source", "target"}},
			By:        map[string][]string{"interface": {"zone"}, "target": {"zone"}, "source": {"permanent"}},
		},
		Validate: func(p *FirewalldParams) error { return p.validate() },
		Read:     readFirewalld,
		Want:     wantFirewalld,
		Apply:    applyFirewalld,
		Equal:    func(a, b FirewalldState) bool { return a.Permanent == b.Permanent && a.Running == b.Running },
		Report: func(p FirewalldParams, _, to FirewalldState, changed bool) modules.Result {
			return modules.Result{"msg": p.message(to.offline, changed)}
		},
	}.Module()
}

// zoneOnly says that the zone itself is made or removed.
func (p FirewalldParams) zoneOnly() bool { return p.setting() == "" && p.Target == nil }

// places are those where the setting is made: the permanent configuration, the running firewall.
func (p FirewalldParams) places() (permanent, immediate bool) {
	permanent = p.Permanent != nil && *p.Permanent
	return permanent, p.Immediate || !permanent
}

func (p FirewalldParams) validate() error {
	permanent, immediate := p.places()
	zoneState := p.State == "present" || p.State == "absent"
	switch {
	case p.Port != nil && (!strings.Contains(*p.Port, "/") || strings.HasSuffix(*p.Port, "/")):
		return fmt.Errorf("improper port format (missing protocol?)")
	case len(p.PortForward) > 1:
		return fmt.Errorf("Only one port forward supported at a time") //nolint:staticcheck // Ansible's words
	case zoneState && p.setting() != "":
		return fmt.Errorf("absent and present state can only be used in zone level operations")
	case zoneState && p.Zone == nil:
		return fmt.Errorf("state is %s but all of the following are missing: zone", p.State)
	case (zoneState || p.Target != nil) && (!permanent || immediate):
		return fmt.Errorf("Zone operations must be permanent. Make sure you didn't set the 'permanent' flag to 'false' or the 'immediate' flag to 'true'.") //nolint:staticcheck // Ansible's words
	case !zoneState && p.zoneOnly():
		return fmt.Errorf("one of the following is required: service, port, protocol, source, interface, rich_rule, icmp_block, icmp_block_inversion, masquerade, port_forward, target")
	}
	return nil
}

// setting is what firewall-cmd --query-, --add- and --remove- call it; "" for zones and targets.
func (p FirewalldParams) setting() string {
	for name, value := range map[string]*string{"service": p.Service, "port": p.Port, "protocol": p.Protocol, "source": p.Source,
		"interface": p.Interface, "rich-rule": p.RichRule, "icmp-block": p.ICMPBlock} {
		if value != nil {
			return name + "=" + *value
		}
	}
	switch {
	case p.Masquerade != nil:
		return "masquerade"
	case p.Inversion != nil:
		return "icmp-block-inversion"
	case len(p.PortForward) == 1:
		f := p.PortForward[0]
		text := "forward-port=port=" + f.Port + ":proto=" + f.Proto + ":toport=" + f.ToPort
		if f.ToAddr != nil {
			text += ":toaddr=" + *f.ToAddr
		}
		return text
	}
	return ""
}

// wanted says whether the zone is to have the setting; masquerade: no with state=enabled says that it is not.
func (p FirewalldParams) wanted() bool {
	on := p.State == "enabled" || p.State == "present"
	for _, text := range []*string{p.Masquerade, p.Inversion} {
		if text != nil && slices.Contains([]string{"no", "off", "false", "0", "n", "f"}, strings.ToLower(*text)) {
			return !on
		}
	}
	return on
}

// message is what Ansible's module says.
func (p FirewalldParams) message(offline, changed bool) string {
	permanent, immediate := p.places()
	parts := []string{"Non-permanent operation"}
	switch {
	case permanent && immediate:
		parts[0] = "Permanent and Non-Permanent(immediate) operation"
	case permanent:
		parts[0] = "Permanent operation"
	}
	if changed {
		parts = append(parts, p.changes()...)
	}
	if offline {
		parts = append(parts, "(offline operation: only on-disk configs were altered)")
	}
	return strings.Join(parts, ", ")
}

// changes names what changed as Ansible's module does.
func (p FirewalldParams) changes() []string {
	zone := "the default zone"
	if p.Zone != nil {
		zone = *p.Zone
	}
	either := func(on, off string) string {
		if p.wanted() {
			return on
		}
		return off
	}
	name, value, _ := strings.Cut(p.setting(), "=")
	switch name {
	case "":
		if p.Target != nil {
			return []string{either("Set zone "+zone+" target to "+*p.Target, "Reset zone "+zone+" target to default")}
		}
		return []string{either("Added zone ", "Removed zone ") + zone, "Changed zone " + zone + " to " + p.State}
	case "source":
		return []string{either("Added "+value+" to zone "+zone, "Removed "+value+" from zone "+zone)}
	case "interface":
		return []string{either("Changed "+value+" to zone "+zone, "Removed "+value+" from zone "+zone)}
	case "masquerade":
		return []string{either("Added masquerade to zone "+zone, "Removed masquerade from zone "+zone)}
	case "icmp-block-inversion":
		value = *p.Inversion
	case "rich-rule":
		name = "rich_rule"
	case "forward-port":
		name = "port_forward"
	}
	return []string{"Changed " + name + " " + value + " to " + p.State}
}

func firewallCommand(ctx context.Context, run func(context.Context, sys.Command) (sys.Output, error), argv ...string) (sys.Output, error) {
	return run(ctx, sys.Command{Argv: argv, Env: map[string]string{"LANG": "C", "LC_ALL": "C"}})
}
