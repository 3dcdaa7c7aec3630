package network

import (
	"slices"
	"strings"
)

// ruleWords gathers the words of a rule.
type ruleWords []string

// option adds an option with its value; ! in front of the value negates it.
func (w *ruleWords) option(flag string, value *string) {
	switch {
	case value == nil:
	case strings.HasPrefix(*value, "!"):
		*w = append(*w, "!", flag, (*value)[1:])
	default:
		*w = append(*w, flag, *value)
	}
}

// list adds an option with several values.
func (w *ruleWords) list(flag string, values []string) {
	if len(values) > 0 {
		*w = append(*w, flag, strings.Join(values, ","))
	}
}

// match loads an extension when something needs it.
func (w *ruleWords) match(needed bool, name string) {
	if needed {
		*w = append(*w, "-m", name)
	}
}

// rule is the rule in iptables' words, in the order that Ansible gives them.
func (p IptablesParams) rule() []string {
	var w ruleWords
	if p.Wait != nil && *p.Wait != "" {
		w = append(w, "-w", *p.Wait)
	}
	w.option("-p", p.Protocol)
	w.option("-s", p.Source)
	w.option("-d", p.Destination)
	for _, m := range p.Match {
		w.option("-m", &m)
	}
	if p.TCPFlags.Flags != nil && p.TCPFlags.Set != nil {
		w = append(w, "--tcp-flags", strings.Join(p.TCPFlags.Flags, ","), strings.Join(p.TCPFlags.Set, ","))
	}
	w.option("-j", p.Jump)
	if p.Jump != nil && strings.EqualFold(*p.Jump, "tee") {
		w.option("--gateway", p.Gateway)
	}
	w.option("--log-prefix", p.LogPrefix)
	w.option("--log-level", p.LogLevel)
	w.option("--to-destination", p.ToDestination)
	w.match(len(p.DestPorts) > 0, "multiport")
	w.list("--dports", p.DestPorts)
	w.option("--to-source", p.ToSource)
	w.option("-g", p.Goto)
	w.option("-i", p.InInterface)
	w.option("-o", p.OutInterface)
	w.option("-f", p.Fragment)
	w.option("-c", p.SetCounters)
	w.option("--source-port", p.SourcePort)
	w.option("--destination-port", p.DestinationPort)
	w.option("--to-ports", p.ToPorts)
	w.option("--set-dscp", p.DSCPMark)
	w.option("--set-dscp-class", p.DSCPClass)
	switch p.Syn {
	case "match":
		w = append(w, "--syn")
	case "negate":
		w = append(w, "!", "--syn")
	}
	p.extensions(&w)
	return w
}

// extensions adds what needs extensions that may have to be loaded.
func (p IptablesParams) extensions(w *ruleWords) {
	has := func(name string) bool { return slices.Contains(p.Match, name) }
	switch {
	case has("conntrack"):
		w.list("--ctstate", p.CTState)
	case has("state"):
		w.list("--state", p.CTState)
	default:
		w.match(len(p.CTState) > 0, "conntrack")
		w.list("--ctstate", p.CTState)
	}
	w.match(!has("iprange") && (p.SrcRange != nil || p.DstRange != nil), "iprange")
	w.option("--src-range", p.SrcRange)
	w.option("--dst-range", p.DstRange)
	if p.MatchSet != nil {
		w.match(!has("set"), "set")
		w.option("--match-set", p.MatchSet)
		if p.MatchSetFlags != nil {
			*w = append(*w, *p.MatchSetFlags)
		}
	}
	w.match(p.Limit != nil || p.LimitBurst != nil, "limit")
	w.option("--limit", p.Limit)
	w.option("--limit-burst", p.LimitBurst)
	w.match(p.UIDOwner != nil, "owner")
	w.option("--uid-owner", p.UIDOwner)
	w.match(p.GIDOwner != nil, "owner")
	w.option("--gid-owner", p.GIDOwner)
	if p.Jump == nil && p.RejectWith != nil {
		*w = append(*w, "-j", "REJECT")
	}
	w.option("--reject-with", p.RejectWith)
	icmp := "--icmp-type"
	if p.IPVersion == "ipv6" {
		icmp = "--icmpv6-type"
	}
	w.option(icmp, p.ICMPType)
	w.match(p.Comment != nil, "comment")
	w.option("--comment", p.Comment)
}
