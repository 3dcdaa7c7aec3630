package filters

import (
	"math/big"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters/netaddr"
)

// cidrMerge joins networks into the fewest that hold the same addresses, or finds the smallest that holds them all.
func cidrMerge(_ Env, a *value.Args) (any, error) {
	var nets []netaddr.Network
	for _, item := range a.Items("value") {
		n, err := netaddr.Parse(value.Str(item))
		if err != nil {
			return nil, errorf("cidr_merge: error in netaddr:\n%s: %v", value.Str(item), err)
		}
		nets = append(nets, n)
	}
	switch action := a.Any("action"); action {
	case "merge":
		out := []any{}
		for _, n := range merged(nets) {
			out = append(out, n.String())
		}
		return list(out), nil
	case "span":
		return spanning(nets)
	default:
		return nil, errorf("cidr_merge: invalid action '%s'", value.Str(action))
	}
}

func spanning(nets []netaddr.Network) (any, error) {
	if len(nets) == 0 {
		return nil, nil
	}
	if len(nets) == 1 {
		return nets[0].String(), nil
	}
	span := nets[0].Network()
	for _, n := range nets[1:] {
		if n.Version != span.Version {
			return nil, errorf("cidr_merge: IP sequence cannot contain both IPv4 and IPv6!")
		}
		for !n.Within(span) {
			span.Prefix--
			span = span.Network()
		}
	}
	return span.String(), nil
}

func merged(nets []netaddr.Network) []netaddr.Network {
	out := make([]netaddr.Network, len(nets))
	for i, n := range nets {
		out[i] = n.Network()
	}
	slices.SortFunc(out, func(a, b netaddr.Network) int {
		if a.Version != b.Version {
			return a.Version - b.Version
		}
		if c := a.IP.Cmp(b.IP); c != 0 {
			return c
		}
		return a.Prefix - b.Prefix
	})
	var stack []netaddr.Network
	for _, n := range out {
		if len(stack) > 0 && n.Within(stack[len(stack)-1]) {
			continue
		}
		stack = append(stack, n)
		for len(stack) > 1 {
			joined, ok := siblings(stack[len(stack)-2], stack[len(stack)-1])
			if !ok {
				break
			}
			stack = append(stack[:len(stack)-2], joined)
		}
	}
	return stack
}

// siblings joins two networks that are the halves of one.
func siblings(a, b netaddr.Network) (netaddr.Network, bool) {
	if a.Version != b.Version || a.Prefix != b.Prefix || a.Prefix == 0 {
		return a, false
	}
	whole := netaddr.Network{Version: a.Version, IP: a.IP, Prefix: a.Prefix - 1}.Network()
	return whole, whole.IP.Cmp(a.IP) == 0 && b.Within(whole)
}

func hwaddr(alias string) Body {
	return func(_ Env, a *value.Args) (any, error) {
		query := a.Str("query")
		mac, err := readMAC(a.Any("value"))
		if err != nil {
			if query != "" && query != "bool" {
				return nil, errorf("%s: not a hardware address: %s", alias, a.Str("value"))
			}
			return nil, nil
		}
		same := func(s string) string { return s }
		switch query {
		case "":
			return a.Any("value"), nil
		case "bool":
			return true, nil
		case "int":
			return mac.Int(), nil
		case "bare":
			return mac.Join("", 1, strings.ToUpper), nil
		case "cisco":
			return mac.Join(".", 2, same), nil
		case "eui48", "win":
			return mac.Join("-", 1, strings.ToUpper), nil
		case "linux":
			return mac.Join(":", 1, same), nil
		case "pgsql", "postgresql", "psql":
			return mac.Join(":", 3, same), nil
		case "unix":
			return mac.Join(":", 1, func(s string) string {
				if len(s) == 2 && s[0] == '0' {
					return s[1:]
				}
				return s
			}), nil
		}
		return nil, errorf("%s: unknown filter type: %s", alias, query)
	}
}

func readMAC(v any) (netaddr.MAC, error) {
	if n, ok := value.Integer(v); ok && n >= 0 && n < 1<<48 {
		var m netaddr.MAC
		copy(m[:], big.NewInt(int64(n)).FillBytes(make([]byte, 6)))
		return m, nil
	}
	return netaddr.ParseMAC(value.Str(v))
}

// slaac is the address that a host with a hardware address gives itself in a network.
func slaac(_ Env, a *value.Args) (any, error) {
	n, ok := subnetOf(a.Any("value"))
	if !ok || n.Version != 6 || !value.Truth(a.Any("query")) {
		return false, nil
	}
	mac, err := readMAC(a.Any("query"))
	if err != nil {
		return false, nil
	}
	return n.Address(new(big.Int).Add(n.First(), mac.InterfaceID())), nil
}
