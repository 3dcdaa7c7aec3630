package certificates

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/net/idna"
)

// The kinds of general names, by their tags.
const (
	tagOther = iota
	tagEmail
	tagDNS
	_
	tagDirectory
	_
	tagURI
	tagIP
	tagID
)

// generalName is a name as certificates hold it, with its tag.
type generalName []byte

func plainName(tag int, content []byte) (generalName, error) {
	return asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: content})
}

func innerName(tag int, content []byte) (generalName, error) {
	return asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: content})
}

// parseGeneralName reads a name as playbooks write it, such as DNS:www.example.org; what says what it is for.
func parseGeneralName(text, what string) (generalName, error) {
	kind, rest, ok := strings.Cut(text, ":")
	if !ok {
		return nil, fmt.Errorf("Cannot parse %s %q (forgot \"DNS:\" prefix?)", what, text) //nolint:staticcheck // the words users know
	}
	parse, known := map[string]func(string) (generalName, error){
		"DNS": dnsName, "IP": ipName, "email": emailName, "URI": uriName, "RID": idName, "otherName": otherName, "dirName": directoryName,
	}[kind]
	if !known {
		return nil, fmt.Errorf("Cannot parse %s %q (potentially unsupported by cryptography backend)", what, text) //nolint:staticcheck // the words users know
	}
	name, err := parse(rest)
	if err != nil {
		return nil, fmt.Errorf("Cannot parse %s %q: %w", what, text, err) //nolint:staticcheck // the words users know
	}
	return name, nil
}

func parseGeneralNames(list []string, what string) ([]generalName, error) {
	var out []generalName
	for _, text := range list {
		name, err := parseGeneralName(text, what)
		if err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, nil
}

func dnsName(text string) (generalName, error) {
	ascii, err := toASCII(text)
	if err != nil {
		return nil, err
	}
	return plainName(tagDNS, []byte(ascii))
}

func ipName(text string) (generalName, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("'%s' does not appear to be an IPv4 or IPv6 address", text)
		}
		return plainName(tagIP, addr.AsSlice())
	}
	net, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("'%s' does not appear to be an IPv4 or IPv6 network", text)
	case net.Masked() != net:
		return nil, fmt.Errorf("%s has host bits set", text)
	}
	mask := make([]byte, net.Addr().BitLen()/8)
	for i := range net.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return plainName(tagIP, append(net.Addr().AsSlice(), mask...))
}

func emailName(text string) (generalName, error) {
	if at := strings.Index(text, "@"); at >= 0 {
		host, err := toASCII(text[at+1:])
		if err != nil {
			return nil, err
		}
		text = text[:at+1] + host
	}
	return plainName(tagEmail, []byte(text))
}

// uriName lowers the host and writes it in ASCII.
func uriName(text string) (generalName, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if host := u.Hostname(); host != "" {
		ascii, err := toASCII(strings.ToLower(host))
		if err != nil {
			return nil, err
		}
		text = strings.Replace(text, host, ascii, 1)
	}
	return plainName(tagURI, []byte(text))
}

func idName(text string) (generalName, error) {
	id, ok := parseObjectID(text)
	if !ok {
		return nil, errors.New("it is no object identifier")
	}
	der, err := asn1.Marshal(id)
	if err != nil {
		return nil, err
	}
	return plainName(tagID, der[2:]) // identifiers that long have another form of length, and are not given here
}

var (
	hexOther  = regexp.MustCompile(`^([0-9a-fA-F]{1,2})(?::[0-9a-fA-F]{1,2})*$`)
	utf8Other = regexp.MustCompile(`^UTF8(?:String)?:(.*)$`)
)

// otherName is an identifier and a value: its bytes in hexadecimal, or UTF8:text.
func otherName(text string) (generalName, error) {
	name, value, ok := strings.Cut(text, ";")
	if !ok {
		return nil, errors.New(`must be in the format "otherName:<OID>;<ASN.1 OpenSSL Encoded String>" or "otherName:<OID>;<hex string>"`)
	}
	id, ok := parseObjectID(name)
	if !ok {
		return nil, fmt.Errorf("%q is no object identifier", name)
	}
	var inner []byte
	switch m := utf8Other.FindStringSubmatch(value); {
	case hexOther.MatchString(value):
		for part := range strings.SplitSeq(value, ":") {
			c, _ := hexByte(("0" + part)[len(part)-1:])
			inner = append(inner, c)
		}
	case m != nil:
		der, err := asn1.MarshalWithParams(m[1], "utf8")
		if err != nil {
			return nil, err
		}
		inner = der
	default:
		return nil, errors.New("the value must be hexadecimal bytes or UTF8:text")
	}
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(id)
	b.AddASN1(casn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(inner) })
	content, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return innerName(tagOther, content)
}

func directoryName(text string) (generalName, error) {
	list, err := parseName(text)
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	der, err := encodeName(list)
	if err != nil {
		return nil, err
	}
	return innerName(tagDirectory, der)
}

// toASCII writes the labels of a host name that are not ASCII as xn--…; "*" and empty labels stay.
func toASCII(host string) (string, error) {
	return eachLabel(host, func(label string) (string, error) {
		if !strings.ContainsFunc(label, func(r rune) bool { return r >= 0x80 }) {
			return label, nil
		}
		return idna.Lookup.ToASCII(label)
	})
}

func toUnicode(host string) (string, error) {
	return eachLabel(host, func(label string) (string, error) {
		if !strings.HasPrefix(label, "xn--") {
			return label, nil
		}
		return idna.Display.ToUnicode(label)
	})
}

func eachLabel(host string, f func(string) (string, error)) (string, error) {
	labels := strings.Split(host, ".")
	for i, label := range labels {
		var err error
		if labels[i], err = f(label); err != nil {
			return "", err
		}
	}
	return strings.Join(labels, "."), nil
}
