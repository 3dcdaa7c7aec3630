package netaddr

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// MAC is a hardware address of 48 bits.
type MAC [6]byte

var macPatterns = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^([0-9a-f]{1,2})[:-]([0-9a-f]{1,2})[:-]([0-9a-f]{1,2})[:-]([0-9a-f]{1,2})[:-]([0-9a-f]{1,2})[:-]([0-9a-f]{1,2})$`),
	regexp.MustCompile(`(?i)^([0-9a-f]{1,4})[.:-]([0-9a-f]{1,4})[.:-]([0-9a-f]{1,4})$`),
	regexp.MustCompile(`(?i)^([0-9a-f]{5,6})[:-]([0-9a-f]{5,6})$`),
	regexp.MustCompile(`(?i)^([0-9a-f]{11,12})$`),
}

// ParseMAC reads a hardware address in any of the usual spellings.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	for _, p := range macPatterns {
		groups := p.FindStringSubmatch(s)
		if groups == nil {
			continue
		}
		width := 12 / (len(groups) - 1)
		var digits strings.Builder
		for _, g := range groups[1:] {
			digits.WriteString(strings.Repeat("0", width-len(g)) + g)
		}
		b, err := hex.DecodeString(digits.String())
		copy(m[:], b)
		return m, err
	}
	return m, fmt.Errorf("%q is no hardware address", s)
}

// Join writes the address in words of a number of bytes.
func (m MAC) Join(separator string, size int, format func(string) string) string {
	var words []string
	for i := 0; i < len(m); i += size {
		words = append(words, format(hex.EncodeToString(m[i:i+size])))
	}
	return strings.Join(words, separator)
}

// Int is the address as a number.
func (m MAC) Int() int { return int(new(big.Int).SetBytes(m[:]).Int64()) }

// InterfaceID is the half of an IPv6 address that is made from the hardware address.
func (m MAC) InterfaceID() *big.Int {
	return new(big.Int).SetBytes([]byte{m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]})
}
