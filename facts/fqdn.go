package facts

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// How long a name server may delay the facts: where a name can be completed, and where the answer would have to be
// about a bare name at the root of the DNS, which only a server next door knows.
const (
	dnsPatience     = time.Second
	dnsLongShot     = 10 * time.Millisecond
	loopbackTimeout = 250 * time.Millisecond
)

// fqdn is the first name with a dot that the host's own name leads to, by way of its address; else the canonical
// name, else the name itself. It asks what nsswitch.conf lists, in that order.
func (g *gathering) fqdn(node string) string {
	if node == "" {
		return ""
	}
	hosts := parseHosts(g.lines("/etc/hosts"))
	for _, source := range hostSources(g.lines("/etc/nsswitch.conf")) {
		var names []string
		switch source {
		case "files":
			names = hosts.namesOfHost(node)
		case "myhostname":
			if g.k != nil {
				names = []string{node}
			}
		case "dns", "resolve":
			if g.k != nil {
				names = g.dnsNames(node, hosts)
			}
		}
		if len(names) > 0 {
			return dotted(names)
		}
	}
	return node
}

// dotted is the first name that has a dot, else the first name.
func dotted(names []string) string {
	if i := slices.IndexFunc(names, func(n string) bool { return strings.Contains(n, ".") }); i >= 0 {
		return names[i]
	}
	return names[0]
}

// hostSources lists the sources of host names in nsswitch.conf's order.
func hostSources(conf []string) []string {
	for _, line := range conf {
		fields := strings.Fields(strings.SplitN(line, "#", 2)[0])
		if len(fields) > 0 && fields[0] == "hosts:" {
			return slices.DeleteFunc(fields[1:], func(f string) bool { return strings.HasPrefix(f, "[") })
		}
	}
	return []string{"files", "dns"}
}

// hostLine is a line of /etc/hosts: an address and its names, the canonical one first.
type hostLine struct {
	ip    netip.Addr
	names []string
}

type hostsFile []hostLine

func parseHosts(text []string) hostsFile {
	var list hostsFile
	for _, line := range text {
		fields := strings.Fields(strings.SplitN(line, "#", 2)[0])
		if len(fields) < 2 {
			continue
		}
		if ip, err := netip.ParseAddr(fields[0]); err == nil {
			list = append(list, hostLine{ip: ip, names: fields[1:]})
		}
	}
	return list
}

// namesOfHost goes from a name to its address and from there to the address's names.
func (h hostsFile) namesOfHost(name string) []string {
	var ips []netip.Addr
	for _, line := range h {
		if slices.ContainsFunc(line.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			ips = append(ips, line.ip)
		}
	}
	if len(ips) == 0 {
		return nil
	}
	ip := ips[0]
	if i := slices.Index(ips, netip.IPv6Loopback()); i >= 0 && ip.IsLoopback() {
		ip = ips[i] // the resolver prefers ::1 to 127.0.0.1
	}
	return h.namesOfAddress(ip)
}

func (h hostsFile) namesOfAddress(ip netip.Addr) []string {
	for _, line := range h {
		if line.ip == ip {
			return line.names
		}
	}
	return nil
}

// dnsNames asks the name servers, for no longer than they deserve.
func (g *gathering) dnsNames(node string, hosts hostsFile) []string {
	ctx, cancel := context.WithTimeout(g.ctx, dnsTime(node, parseResolvConf(g.lines("/etc/resolv.conf"))))
	defer cancel()
	resolver := &net.Resolver{PreferGo: true}
	ips, err := resolver.LookupNetIP(ctx, "ip", node)
	if err != nil || len(ips) == 0 {
		return nil
	}
	ip := ips[0].Unmap()
	if names := hosts.namesOfAddress(ip); names != nil {
		return names
	}
	names, err := resolver.LookupAddr(ctx, ip.String())
	if err != nil {
		return nil
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(n, ".")
	}
	return names
}

func dnsTime(node string, conf map[string]any) time.Duration {
	servers, _ := conf["nameservers"].([]string)
	_, search := conf["search"]
	_, domain := conf["domain"]
	if search || domain || strings.Contains(node, ".") {
		return dnsPatience
	}
	for _, s := range servers {
		if ip, err := netip.ParseAddr(s); err == nil && ip.IsLoopback() {
			return loopbackTimeout
		}
	}
	return dnsLongShot
}

// FQDN is the full name of a host that calls itself node, as the fact fqdn tells it.
func FQDN(ctx context.Context, r sys.Reader, node string) string {
	return newGathering(ctx, r, Options{}).fqdn(node)
}
