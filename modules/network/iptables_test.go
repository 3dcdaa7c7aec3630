package network

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// packetFilter is a table: rules by chain, policies of those that have one.
type packetFilter struct {
	rules  map[string][]string
	policy map[string]string
}

func (f packetFilter) String() string { return fmt.Sprint(f.list(slices.Sorted(maps.Keys(f.rules)))) }

func (f packetFilter) list(chains []string) string {
	var heads, rules []string
	for _, c := range chains {
		if p := f.policy[c]; p != "" {
			heads = append(heads, "-P "+c+" "+p)
		} else {
			heads = append(heads, "-N "+c)
		}
		for _, r := range f.rules[c] {
			rules = append(rules, "-A "+c+" "+r)
		}
	}
	return strings.Join(append(heads, rules...), "\n") + "\n"
}

func (f packetFilter) run(c sys.Command) (sys.Output, error) {
	action, args := c.Argv[3], c.Argv[4:] // after -t and the table
	return f.do(action, args)
}

func (f packetFilter) do(action string, args []string) (sys.Output, error) {
	missing := sys.Output{Code: 1, Stderr: []byte("iptables: No chain/target/match by that name.\n")}
	chain := ""
	if len(args) > 0 {
		chain = args[0]
		if _, ok := f.rules[chain]; !ok && action != "-N" {
			return missing, nil
		}
	}
	rule := strings.Join(args[min(1, len(args)):], " ")
	at := slices.Index(f.rules[chain], rule)
	switch action {
	case "-S":
		if chain != "" {
			return sys.Output{Stdout: []byte(f.list([]string{chain}))}, nil
		}
		return sys.Output{Stdout: []byte(f.list(slices.Sorted(maps.Keys(f.rules))))}, nil
	case "-C":
		return sys.Output{Code: min(1, max(0, -at))}, nil
	case "-A":
		f.rules[chain] = append(f.rules[chain], rule)
	case "-I":
		f.rules[chain] = slices.Insert(f.rules[chain], 0, rule)
	case "-D":
		f.rules[chain] = slices.Delete(f.rules[chain], at, at+1)
	case "-P":
		f.policy[chain] = rule
	case "-N":
		f.rules[chain] = nil
	case "-X":
		delete(f.rules, chain)
	case "-F":
		for c := range f.rules {
			if chain == "" || c == chain {
				f.rules[c] = nil
			}
		}
	}
	return sys.Output{}, nil
}

func (f packetFilter) restore(c sys.Command) (sys.Output, error) {
	text, err := io.ReadAll(c.Stdin)
	if err != nil {
		return sys.Output{}, err
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if words[0][0] == '-' {
			if out, err := f.do(words[0], words[1:]); err != nil || out.Code != 0 {
				return out, err
			}
		}
	}
	return sys.Output{}, nil
}

func TestIptables(t *testing.T) {
	machine := func(t *testing.T) ([]sys.RootedOption, func() string) {
		f := packetFilter{map[string][]string{"INPUT": {"-p icmp -j ACCEPT", "-j DROP"}, "FORWARD": nil, "own": nil}, map[string]string{"INPUT": "ACCEPT", "FORWARD": "DROP"}}
		fake := sys.NewFakeCommands().OnFunc("iptables", f.run).OnFunc("iptables-restore", f.restore)
		return []sys.RootedOption{fake.Option()}, f.String
	}
	args := func(more ...any) map[string]any {
		a := map[string]any{"chain": "INPUT"}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	cases := []modulestest.Case{
		{Name: "append", Args: args("protocol", "tcp", "destination_port", 22, "ctstate", "NEW", "jump", "ACCEPT"),
			Result: map[string]any{"rule": "-p tcp -j ACCEPT --destination-port 22 -m conntrack --ctstate NEW", "chain": "INPUT", "table": "filter", "flush": false}},
		{Name: "insert", Args: args("protocol", "tcp", "jump", "ACCEPT", "action", "insert")},
		{Name: "there", Args: args("protocol", "icmp", "jump", "ACCEPT"), Unchanged: true},
		{Name: "remove, and back to its place", Args: args("protocol", "icmp", "jump", "ACCEPT", "state", "absent")},
		{Name: "absent already", Args: args("protocol", "udp", "jump", "ACCEPT", "state", "absent"), Unchanged: true},
		{Name: "policy", Args: args("policy", "DROP")},
		{Name: "policy is set", Args: args("policy", "ACCEPT"), Unchanged: true},
		{Name: "no policy", Args: map[string]any{"chain": "own", "policy": "DROP"}, Failed: "Can't detect current policy"},
		{Name: "flush a chain", Args: args("flush", true), Repeats: true},
		{Name: "flush the table", Args: map[string]any{"flush": true}, Repeats: true},
		{Name: "rule in a new chain", Args: map[string]any{"chain": "web", "jump": "ACCEPT", "chain_management": true}},
		{Name: "chain goes", Args: map[string]any{"chain": "own", "state": "absent", "chain_management": true}},
		{Name: "chain is gone", Args: map[string]any{"chain": "web", "state": "absent", "chain_management": true}, Unchanged: true},
		{Name: "logging", Args: args("log_prefix", "in: ", "log_level", "info"), Result: map[string]any{"rule": "--log-prefix in:  --log-level info"}},
		{Name: "logging elsewhere", Args: args("log_prefix", "in: ", "jump", "DROP"), Failed: "Logging options can only be used with the LOG jump target."},
		{Name: "no chain", Args: map[string]any{"jump": "DROP"}, Failed: "Either chain or flush parameter must be specified."},
		{Name: "no such chain", Args: map[string]any{"chain": "web", "jump": "ACCEPT"}, Failed: "No chain/target/match by that name", NoCheck: true},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, Iptables(), cases)
}

func TestIptablesRule(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, tt := range []struct {
		p    IptablesParams
		want string
	}{
		{IptablesParams{Source: text("!10.0.0.0/8"), Jump: text("DROP")}, "! -s 10.0.0.0/8 -j DROP"},
		{IptablesParams{Protocol: text("tcp"), DestPorts: []string{"80", "443", "8081:8083"}, Jump: text("ACCEPT")}, "-p tcp -j ACCEPT -m multiport --dports 80,443,8081:8083"},
		{IptablesParams{Match: []string{"state"}, CTState: []string{"NEW", "RELATED"}}, "-m state --state NEW,RELATED"},
		{IptablesParams{Protocol: text("tcp"), Syn: "negate", RejectWith: text("tcp-reset")}, "-p tcp ! --syn -j REJECT --reject-with tcp-reset"},
		{IptablesParams{SrcRange: text("10.0.0.1-10.0.0.9"), MatchSet: text("bad"), MatchSetFlags: text("src,dst")}, "-m iprange --src-range 10.0.0.1-10.0.0.9 -m set --match-set bad src,dst"},
		{IptablesParams{IPVersion: "ipv6", ICMPType: text("1"), Comment: text("a b"), Limit: text("2/s"), Wait: text("5")}, "-w 5 -m limit --limit 2/s --icmpv6-type 1 -m comment --comment a b"},
		{IptablesParams{TCPFlags: tcpFlags{Flags: []string{"ALL"}, Set: []string{"ACK", "RST"}}, UIDOwner: text("web")}, "--tcp-flags ALL ACK,RST -m owner --uid-owner web"},
	} {
		if got := strings.Join(tt.p.rule(), " "); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
