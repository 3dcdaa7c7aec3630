package network

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// IptablesParams are the parameters of iptables.
type IptablesParams struct {
	Table           string   `param:"table" choices:"filter,nat,mangle,raw,security" default:"filter" doc:"The table."`
	State           string   `param:"state" choices:"absent,present" default:"present" doc:"Whether the rule, or without one the chain, should be there."`
	Action          string   `param:"action" choices:"append,insert" default:"append" doc:"Whether a new rule goes to the end of the chain or to its start."`
	IPVersion       string   `param:"ip_version" choices:"ipv4,ipv6" default:"ipv4" doc:"Which protocol the rule is for."`
	Chain           *string  `param:"chain" doc:"The chain; needed unless a table is flushed."`
	RuleNum         *string  `param:"rule_num" doc:"The place of a rule that is inserted."`
	Protocol        *string  `param:"protocol" doc:"The protocol, such as tcp."`
	Wait            *string  `param:"wait" doc:"Seconds to wait for another program that changes rules."`
	Source          *string  `param:"source" doc:"The address or network that packets come from; with ! in front all others, as everywhere here."`
	ToSource        *string  `param:"to_source" doc:"The new source address of SNAT."`
	Destination     *string  `param:"destination" doc:"The address or network that packets go to."`
	ToDestination   *string  `param:"to_destination" doc:"The new destination address of DNAT."`
	Match           []string `param:"match" default:"[]" elements:"str" doc:"Extensions to load."`
	TCPFlags        tcpFlags `param:"tcp_flags" doc:"Flags of TCP packets."`
	Jump            *string  `param:"jump" doc:"What happens to a packet: ACCEPT, DROP, or a chain to go through."`
	Gateway         *string  `param:"gateway" doc:"Where TEE sends copies."`
	LogPrefix       *string  `param:"log_prefix" doc:"Text in front of log lines."`
	LogLevel        *string  `param:"log_level" choices:"0,1,2,3,4,5,6,7,emerg,alert,crit,error,warning,notice,info,debug" doc:"The level of log lines."`
	Goto            *string  `param:"goto" doc:"A chain to go on in, without coming back."`
	InInterface     *string  `param:"in_interface" doc:"The interface that packets come in by."`
	OutInterface    *string  `param:"out_interface" doc:"The interface that packets go out by."`
	Fragment        *string  `param:"fragment" doc:"Whether the rule is for second and further fragments."`
	SetCounters     *string  `param:"set_counters" doc:"First values of the counters."`
	SourcePort      *string  `param:"source_port" doc:"The port, or range of ports, that packets come from."`
	DestinationPort *string  `param:"destination_port" doc:"The port, or range of ports, that packets go to."`
	DestPorts       []string `param:"destination_ports" default:"[]" elements:"str" doc:"Several ports or ranges of ports that packets go to."`
	ToPorts         *string  `param:"to_ports" doc:"The new ports of REDIRECT and the like."`
	DSCPMark        *string  `param:"set_dscp_mark" doc:"The value of DSCP."`
	DSCPClass       *string  `param:"set_dscp_mark_class" doc:"The class of DSCP."`
	Comment         *string  `param:"comment" doc:"A comment in the rule."`
	CTState         []string `param:"ctstate" default:"[]" elements:"str" doc:"States of connections, such as ESTABLISHED."`
	SrcRange        *string  `param:"src_range" doc:"A range of addresses that packets come from."`
	DstRange        *string  `param:"dst_range" doc:"A range of addresses that packets go to."`
	MatchSet        *string  `param:"match_set" doc:"A set of ipset."`
	MatchSetFlags   *string  `param:"match_set_flags" doc:"Which addresses are looked for in the set: src, dst, src,dst or dst,src."`
	Limit           *string  `param:"limit" doc:"How many packets a time match, such as 2/second."`
	LimitBurst      *string  `param:"limit_burst" doc:"How many packets match before limit counts."`
	UIDOwner        *string  `param:"uid_owner" doc:"The user whose packets match."`
	GIDOwner        *string  `param:"gid_owner" doc:"The group whose packets match."`
	RejectWith      *string  `param:"reject_with" doc:"The answer of REJECT."`
	ICMPType        *string  `param:"icmp_type" doc:"The type of ICMP packets."`
	Syn             string   `param:"syn" choices:"ignore,match,negate" default:"ignore" doc:"Whether packets that open connections match, or all others."`
	Flush           bool     `param:"flush" default:"false" doc:"Whether to remove all rules of the chain, or of the table; it always counts as a change."`
	Policy          *string  `param:"policy" choices:"ACCEPT,DROP,QUEUE,RETURN" doc:"What happens to packets that no rule of the chain matches."`
	ChainManagement bool     `param:"chain_management" default:"false" doc:"Whether a chain is made for its first rule, and removed with state=absent."`
}

// tcpFlags are looked at together.
type tcpFlags struct {
	Flags []string `param:"flags" elements:"str" doc:"Flags that are looked at."`
	Set   []string `param:"flags_set" elements:"str" doc:"Those of them that must be set."`
}

// IptablesState is what a chain, or a table, holds.
type IptablesState struct {
	Rule    bool     `json:"rule"`              // the rule is there
	Chain   bool     `json:"chain"`             // the chain is there
	Policy  string   `json:"policy,omitempty"`  // of a chain that has one
	Rules   []string `json:"rules"`             // as iptables -S lists them
	Flushed bool     `json:"flushed,omitempty"` // of a wanted state: all rules are removed
}

// Iptables manages rules of the kernel's packet filter.
func Iptables() modules.Module {
	return modules.State[IptablesParams, IptablesState]{
		Info: modules.Info{
			Name: "iptables", Summary: "Adds and removes rules of the kernel's packet filter.", Undo: modules.UndoFull,
			Notes: "Rules live in the kernel until the next start; save them with the distribution's means.",
			Examples: `- name: SSH from everywhere
  iptables:
    chain: INPUT
    protocol: tcp
    destination_port: "22"
    ctstate: [NEW]
    jump: ACCEPT
- name: Nothing else comes in
  iptables:
    chain: INPUT
    policy: DROP
`,
		},
		Rules: modules.Rules{
			Exclusive: [][]string{{"set_dscp_mark", "set_dscp_mark_class"}, {"flush", "policy"}},
			If:        []modules.RequiredIf{{Param: "jump", Value: "TEE", Needs: []string{"gateway"}}, {Param: "jump", Value: "tee", Needs: []string{"gateway"}}},
		},
		Validate: validateIptables,
		Read:     readIptables,
		Want:     wantIptables,
		Apply:    applyIptables,
		Equal: func(a, b IptablesState) bool {
			return a.Rule == b.Rule && a.Chain == b.Chain && a.Policy == b.Policy && a.Flushed == b.Flushed
		},
		Settled: func(p IptablesParams, want, got IptablesState) bool {
			if p.State == "absent" && !p.ChainManagement {
				got.Chain = want.Chain
			}
			return want.Flushed && !slices.ContainsFunc(got.Rules, isRule) || !want.Flushed && got.Rule == want.Rule && got.Chain == want.Chain && got.Policy == want.Policy
		},
		Same: func(a, b IptablesState) bool { return a.Chain == b.Chain && slices.Equal(a.Rules, b.Rules) },
		Report: func(p IptablesParams, _, _ IptablesState, _ bool) modules.Result {
			res := modules.Result{"ip_version": p.IPVersion, "table": p.Table, "chain": nil, "flush": p.Flush, "rule": strings.Join(p.withoutLogJump().rule(), " "),
				"state": p.State, "chain_management": p.ChainManagement}
			if p.Chain != nil {
				res["chain"] = *p.Chain
			}
			return res
		},
	}.Module()
}

// isRule tells a rule from a policy or a chain in a listing.
func isRule(line string) bool { return strings.HasPrefix(line, "-A ") }

func validateIptables(p *IptablesParams) error {
	if !p.Flush && p.Chain == nil {
		return fmt.Errorf("Either chain or flush parameter must be specified.") //nolint:staticcheck // the words users know
	}
	if known := []string{"src", "dst", "src,dst", "dst,src"}; p.MatchSetFlags != nil && !slices.Contains(known, *p.MatchSetFlags) {
		return fmt.Errorf("value of match_set_flags must be one of: %s, got: %s", strings.Join(known, "; "), *p.MatchSetFlags)
	}
	if p.LogPrefix == nil && p.LogLevel == nil {
		return nil
	}
	switch {
	case p.Jump == nil:
		log := "LOG"
		p.Jump = &log
	case *p.Jump != "LOG":
		return fmt.Errorf("Logging options can only be used with the LOG jump target.") //nolint:staticcheck // the words users know
	}
	return nil
}

// withoutLogJump is the rule as Ansible reports it: without the jump to LOG that logging options imply.
func (p IptablesParams) withoutLogJump() IptablesParams {
	if p.LogPrefix != nil || p.LogLevel != nil {
		p.Jump = nil
	}
	return p
}

func (p IptablesParams) program() string {
	if p.IPVersion == "ipv6" {
		return "ip6tables"
	}
	return "iptables"
}

// argv is a command on the chain.
func (p IptablesParams) argv(action string, more ...string) []string {
	argv := []string{p.program(), "-t", p.Table, action}
	if p.Chain != nil {
		argv = append(argv, *p.Chain)
	}
	return append(argv, more...)
}

var policyLine = regexp.MustCompile(`^-P \S+ (\S+)`)

func readIptables(ctx context.Context, r sys.Reader, p IptablesParams) (IptablesState, error) {
	var s IptablesState
	out, err := r.Query(ctx, sys.Command{Argv: p.argv("-S")})
	if err != nil {
		return s, err
	}
	if s.Chain = out.Code == 0; s.Chain {
		s.Rules = strings.Split(strings.TrimSpace(string(out.Stdout)), "\n")
		if m := policyLine.FindStringSubmatch(s.Rules[0]); m != nil && p.Chain != nil {
			s.Policy = m[1]
		}
	} else if s.Rules = []string{}; !missingChain(out) {
		return s, failedCommand(p.argv("-S"), out)
	}
	rule := p.rule()
	if p.Flush || p.Policy != nil || len(rule) == 0 {
		return s, nil
	}
	out, err = r.Query(ctx, sys.Command{Argv: p.argv("-C", rule...)})
	s.Rule = err == nil && out.Code == 0
	return s, err
}

// missingChain tells the error of a chain that is not there from others, such as a rule set that cannot be read.
func missingChain(out sys.Output) bool {
	return strings.Contains(string(out.Stderr), "No chain/target/match by that name") || strings.Contains(string(out.Stderr), "does not exist") ||
		strings.Contains(string(out.Stderr), "is incompatible")
}

func failedCommand(argv []string, out sys.Output) error {
	return modules.Fail(modules.Result{"rc": out.Code, "cmd": strings.Join(argv, " "), "stdout": string(out.Stdout), "stderr": string(out.Stderr)},
		"%s", strings.TrimSpace(string(out.Stderr)))
}

func wantIptables(p IptablesParams, now IptablesState) (IptablesState, error) {
	want := now
	switch {
	case p.Flush:
		want.Flushed = true
	case p.Policy != nil:
		if now.Policy == "" {
			return want, modules.Fail(nil, "Can't detect current policy")
		}
		want.Policy = *p.Policy
	case p.State == "absent" && len(p.rule()) == 0:
		want.Chain = false
	default:
		want.Rule = p.State == "present"
		want.Chain = now.Chain || want.Rule && p.ChainManagement
	}
	return want, nil
}

func applyIptables(ctx context.Context, s sys.System, p IptablesParams, from, to IptablesState) error {
	if modules.Undoing(ctx) {
		return p.restore(ctx, s, from, to)
	}
	run := func(argv []string) error {
		out, err := s.Run(ctx, sys.Command{Argv: argv})
		if err == nil && out.Code != 0 {
			err = failedCommand(argv, out)
		}
		return err
	}
	switch {
	case to.Flushed:
		return run(p.argv("-F"))
	case from.Policy != to.Policy:
		return run(p.argv("-P", to.Policy))
	case from.Chain && !to.Chain:
		if !p.ChainManagement {
			return nil
		}
		return run(p.argv("-X"))
	case !from.Chain && to.Chain:
		if err := run(p.argv("-N")); err != nil {
			return err
		}
	}
	switch rule := p.rule(); {
	case !to.Rule:
		return run(p.argv("-D", rule...))
	case p.Action == "insert" && p.RuleNum != nil:
		return run(p.argv("-I", append([]string{*p.RuleNum}, rule...)...))
	case p.Action == "insert":
		return run(p.argv("-I", rule...))
	default:
		return run(p.argv("-A", rule...))
	}
}

// restore gives the chain, or the table, its rules back in one step, so that no packet meets half of them.
func (p IptablesParams) restore(ctx context.Context, s sys.System, from, to IptablesState) error {
	lines := []string{"*" + p.Table}
	flushed := map[string]bool{}
	for _, line := range append(slices.Clone(from.Rules), to.Rules...) {
		if words := strings.Fields(line); len(words) > 1 && !flushed[words[1]] && (from.Chain || words[0] != "-N") {
			flushed[words[1]] = true
			if slices.ContainsFunc(from.Rules, func(l string) bool { return strings.HasPrefix(l+" ", words[0]+" "+words[1]+" ") }) {
				lines = append(lines, "-F "+words[1])
			}
		}
	}
	for _, line := range to.Rules {
		if !strings.HasPrefix(line, "-N ") || !slices.Contains(from.Rules, line) {
			lines = append(lines, line)
		}
	}
	if from.Chain && !to.Chain {
		lines = append(lines, "-X "+*p.Chain)
	}
	argv := []string{p.program() + "-restore", "--noflush"}
	out, err := s.Run(ctx, sys.Command{Argv: argv, Stdin: strings.NewReader(strings.Join(append(lines, "COMMIT"), "\n") + "\n")})
	if err == nil && out.Code != 0 {
		err = failedCommand(argv, out)
	}
	return err
}
