package access

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
)

// UFWParams are the parameters of ufw.
type UFWParams struct {
	State        *string `param:"state" choices:"disabled,enabled,reloaded,reset" doc:"Whether the firewall runs, now and at the start; reloaded and reset always count as changes."`
	Default      *string `param:"default" alias:"policy" choices:"allow,deny,reject" doc:"What happens to traffic that no rule matches."`
	Logging      *string `param:"logging" choices:"on,off,low,medium,high,full" doc:"How much is logged."`
	Direction    *string `param:"direction" choices:"in,incoming,out,outgoing,routed" doc:"The direction of the rule, or of the default."`
	Delete       bool    `param:"delete" default:"false" doc:"Whether to remove the rule."`
	Route        bool    `param:"route" default:"false" doc:"Whether the rule is for packets that pass through."`
	Insert       *int    `param:"insert" doc:"The place of a new rule; the first is 1."`
	InsertRel    string  `param:"insert_relative_to" choices:"zero,first-ipv4,last-ipv4,first-ipv6,last-ipv6" default:"zero" doc:"What insert counts from."`
	Rule         *string `param:"rule" choices:"allow,deny,limit,reject" doc:"What happens to traffic that the rule matches."`
	Interface    *string `param:"interface" alias:"if" doc:"The interface, in the direction that direction says."`
	InterfaceIn  *string `param:"interface_in" alias:"if_in" doc:"The interface that traffic comes in by."`
	InterfaceOut *string `param:"interface_out" alias:"if_out" doc:"The interface that traffic goes out by."`
	Log          bool    `param:"log" default:"false" doc:"Whether new connections that match are logged."`
	FromIP       string  `param:"from_ip" alias:"from,src" default:"any" doc:"Where traffic comes from."`
	FromPort     *string `param:"from_port" doc:"The port that traffic comes from."`
	ToIP         string  `param:"to_ip" alias:"dest,to" default:"any" doc:"Where traffic goes to."`
	ToPort       *string `param:"to_port" alias:"port" doc:"The port, ports or range of ports that traffic goes to."`
	Proto        *string `param:"proto" alias:"protocol" choices:"ah,any,esp,ipv6,tcp,udp,gre,igmp" doc:"The protocol."`
	Name         *string `param:"name" alias:"app" doc:"A profile of /etc/ufw/applications.d."`
	Comment      *string `param:"comment" doc:"A comment in the rule."`
}

// UFW manages the firewall ufw.
func UFW() modules.Module {
	return modules.State[UFWParams, UFWState]{
		Info: modules.Info{
			Name: "ufw", Summary: "Manage the firewall ufw and its rules.", Undo: modules.UndoFull,
			Notes:   "Undo brings the files of ufw back as they were and loads them.",
			Aliases: []string{"community.general.ufw"},
			Examples: `- name: The firewall runs and lets SSH in
  ufw: {state: enabled, rule: limit, port: ssh, proto: tcp}
- name: Everything else stays out
  ufw: {default: deny, direction: incoming}
`,
		},
		Rules: modules.Rules{
			Exclusive: [][]string{{"name", "proto", "logging"}, {"direction", "interface_in"}, {"direction", "interface_out"}},
			OneOf:     [][]string{{"state", "default", "rule", "logging"}},
			By:        map[string][]string{"interface": {"direction"}},
		},
		Validate: func(p *UFWParams) error { return p.validate() },
		Read:     readUFW,
		Want:     wantUFW,
		Apply:    applyUFW,
		Report: func(_ UFWParams, from, to UFWState, _ bool) modules.Result {
			return modules.Result{"commands": from.commands, "msg": to.status()}
		},
		Equal: func(a, b UFWState) bool { return a.text() == b.text() && a.Again == b.Again },
		Settled: func(p UFWParams, want, got UFWState) bool {
			return p.is(p.State, "reset") || want.status() == got.status() && !got.pending()
		},
		Same:   func(post, now UFWState) bool { return post.text() == now.text() && sameFiles(post.Files, now.Files) },
		Beside: func(from, now UFWState) bool { return !sameFiles(from.Files, now.Files) },
	}.Module()
}

func sameFiles(a, b map[string]keptFile) bool {
	if len(a) != len(b) {
		return false
	}
	for name, f := range a {
		if other, ok := b[name]; !ok || other != f {
			return false
		}
	}
	return true
}

// is reports whether an optional parameter has one of some values.
func (p UFWParams) is(given *string, values ...string) bool {
	return given != nil && slices.Contains(values, *given)
}

func (p UFWParams) validate() error {
	if p.Default != nil && p.is(p.Direction, "in", "out") {
		return fmt.Errorf("For default, direction must be one of \"outgoing\", \"incoming\" and \"routed\", or direction must not be specified.") //nolint:staticcheck // Ansible's words
	}
	if p.Rule == nil {
		return nil
	}
	if p.is(p.Direction, "incoming", "outgoing", "routed") {
		return fmt.Errorf("For rules, direction must be one of \"in\" and \"out\", or direction must not be specified.") //nolint:staticcheck // Ansible's words
	}
	if !p.Route && p.InterfaceIn != nil && p.InterfaceOut != nil {
		return fmt.Errorf("Only route rules can combine interface_in and interface_out") //nolint:staticcheck // Ansible's words
	}
	return nil
}

// rule is the command that adds or removes the rule; numbers are those of the rules there are.
func (p UFWParams) rule(now UFWState, dry bool) []string {
	argv := []string{"ufw"}
	add := func(given *string, words ...string) {
		if given != nil {
			argv = append(append(argv, words...), *given)
		}
	}
	when := func(yes bool, words ...string) {
		if yes {
			argv = append(argv, words...)
		}
	}
	when(dry, "--dry-run")
	when(p.Route, "route")
	when(p.Delete, "delete")
	if at := p.place(now); at > 0 {
		argv = append(argv, "insert", strconv.Itoa(at))
	}
	argv = append(argv, *p.Rule)
	add(p.Direction)
	add(p.Interface, "on")
	add(p.InterfaceIn, "in", "on")
	add(p.InterfaceOut, "out", "on")
	when(p.Log, "log")
	add(&p.FromIP, "from")
	add(p.FromPort, "port")
	add(&p.ToIP, "to")
	add(p.ToPort, "port")
	add(p.Proto, "proto")
	add(p.Name, "app")
	add(p.Comment, "comment")
	return argv
}

// place is the number that the rule is to have; 0 is the end.
func (p UFWParams) place(now UFWState) int {
	if p.Insert == nil || p.Delete {
		return 0
	}
	v4, v6 := len(now.V4), len(now.V6)
	base := map[string]int{"first-ipv4": 1, "last-ipv4": max(v4, 1), "first-ipv6": v4 + 1, "last-ipv6": max(v4+v6, 1)}[p.InsertRel]
	if p.InsertRel == "last-ipv6" && v6 == 0 {
		base = v4 + 1
	}
	if at := *p.Insert + base; p.InsertRel == "zero" || at <= v4+v6 {
		return at
	}
	return 0
}

// commands are those that bring about all that the parameters ask for, but for the default, which is a file's.
func (p UFWParams) commands(now UFWState) [][]string {
	var list [][]string
	if p.State != nil {
		list = append(list, []string{"ufw", "-f", map[string]string{"enabled": "enable", "disabled": "disable", "reloaded": "reload", "reset": "reset"}[*p.State]})
	}
	if p.Default != nil {
		list = append(list, []string{"ufw", "default", *p.Default, p.chain()})
	}
	if p.Rule != nil {
		list = append(list, p.rule(now, false))
	}
	if p.Logging != nil {
		list = append(list, []string{"ufw", "logging", *p.Logging})
	}
	return list
}

// chain is the direction that default is for.
func (p UFWParams) chain() string {
	if p.Direction == nil {
		return "incoming"
	}
	return *p.Direction
}

// spoken is a command as Ansible's module reports it.
func spoken(commands [][]string) []string {
	out := make([]string, len(commands))
	for i, argv := range commands {
		out[i] = strings.Join(argv, " ")
	}
	return out
}
