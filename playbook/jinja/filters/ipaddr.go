package filters

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters/netaddr"
)

// address is a value that the address filters were given: its network, how it was written and how it is meant.
type address struct {
	netaddr.Network
	text    any
	network bool // it was written with a prefix
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// readAddress reads a number, an address or a network; false when it is none.
func readAddress(v any, version int) (address, bool) {
	text, isText := v.(string)
	if b, isNumber := value.BigInt(v); isNumber {
		text, isText = b.String(), true
	}
	if !isText {
		return address{}, false
	}
	if digits(text) {
		n, _ := new(big.Int).SetString(text, 10)
		for _, candidate := range []int{4, 6} {
			if candidate == 4 && version == 6 {
				continue
			}
			width := 32
			if candidate == 6 {
				width = 128
			}
			if net, err := netaddr.FromInt(candidate, n, width); err == nil {
				return address{net, net.String(), false}, true
			}
		}
		return address{}, false
	}
	if net, err := netaddr.Parse(text); err == nil {
		return address{net, v, strings.Count(text, "/") == 1}, true
	}
	ip, prefix, ok := strings.Cut(text, "/")
	bits, err := strconv.Atoi(prefix)
	if !ok || err != nil || !digits(ip) {
		return address{}, false
	}
	n, _ := new(big.Int).SetString(ip, 10)
	for _, candidate := range []int{4, 6} {
		if net, err := netaddr.FromInt(candidate, n, bits); err == nil {
			return address{net, net.String(), true}, true
		}
	}
	return address{}, false
}

// ipQuery answers one question about addresses; for a list, about each of its items, and those answers that are true are
// kept.
func ipQuery(v any, query string, version int, alias string) (any, error) {
	if items, ok := sequence(v); ok {
		out := []any{}
		for _, item := range items {
			answer, err := ipQuery(item, query, version, "ipaddr")
			if err != nil {
				return nil, err
			}
			if value.Truth(answer) {
				out = append(out, answer)
			}
		}
		return list(out), nil
	}
	if !value.Truth(v) || v == true {
		return false, nil
	}
	a, ok := readAddress(v, version)
	if !ok {
		return false, nil
	}
	if version != 0 && a.Version != version {
		return false, nil
	}
	if answer, known, err := a.ask(query); known || err != nil {
		return answer, err
	}
	if !digits(query) {
		if other, ok := readAddress(query, 0); ok {
			if a.Within(other.Network) {
				return a.text, nil
			}
			return nil, nil
		}
	}
	return a.nth(query, alias)
}

// nth is the address of the network at a position, from the end when it is negative.
func (a address) nth(query, alias string) (any, error) {
	if _, ok := value.ParseFloat(query); !ok {
		return nil, errorf("%s: unknown filter type: %s", alias, query)
	}
	if a.Prefix == a.Width() {
		if a.network {
			return a.String(), nil
		}
		return a.Address(a.IP), nil
	}
	index, ok := new(big.Int).SetString(query, 10)
	if !ok {
		return false, nil
	}
	ip, ok := a.at(index)
	if !ok {
		return false, nil
	}
	return a.Address(ip) + "/" + strconv.Itoa(a.Prefix), nil
}

func (a address) at(index *big.Int) (*big.Int, bool) {
	size := a.Size()
	if index.Sign() < 0 {
		index = new(big.Int).Add(size, index)
	}
	if index.Sign() < 0 || index.Cmp(size) >= 0 {
		return nil, false
	}
	return new(big.Int).Add(a.First(), index), true
}

// usable are the first and the last address of the network that hosts can have; false for a network of one.
func (a address) usable() (first, last *big.Int, ok bool) {
	first, last = a.First(), a.Last()
	switch a.Width() - a.Prefix {
	case 0:
		return nil, nil, false
	case 1:
	default:
		first.Add(first, big.NewInt(1))
		last.Sub(last, big.NewInt(1))
	}
	return first, last, true
}

// single reports a network of one address.
func (a address) single() bool { return a.Prefix == a.Width() }

func (a address) withPrefix(ip *big.Int) string { return a.Address(ip) + "/" + strconv.Itoa(a.Prefix) }
