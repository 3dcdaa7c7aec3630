package certificates

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
)

// nameEncoding says how results write host names: ignore (as they are), idna or unicode.
type nameEncoding string

func (e nameEncoding) host(name string) string {
	written, err := name, error(nil)
	switch e {
	case "idna":
		written, err = toASCII(name)
	case "unicode":
		written, err = toUnicode(name)
	}
	if err != nil {
		return name
	}
	return written
}

// write writes a general name as playbooks do.
func (e nameEncoding) write(name generalName) (string, error) {
	var raw asn1.RawValue
	if rest, err := asn1.Unmarshal(name, &raw); err != nil || len(rest) > 0 {
		return "", errors.Join(err, errTrailing(rest))
	}
	text := string(raw.Bytes)
	switch raw.Tag {
	case tagDNS:
		return "DNS:" + e.host(text), nil
	case tagEmail:
		if local, host, ok := strings.Cut(text, "@"); ok {
			text = local + "@" + e.host(host)
		}
		return "email:" + text, nil
	case tagURI:
		return "URI:" + text, nil
	case tagIP:
		return writeIP(raw.Bytes)
	case tagID:
		var id asn1.ObjectIdentifier
		der, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagOID, Bytes: raw.Bytes})
		if err == nil {
			_, err = asn1.Unmarshal(der, &id)
		}
		return "RID:" + id.String(), err
	case tagDirectory:
		list, err := decodeName(raw.Bytes)
		return "dirName:" + writeName(list), err
	case tagOther:
		var id asn1.ObjectIdentifier
		rest, err := asn1.Unmarshal(raw.Bytes, &id)
		if err != nil {
			return "", err
		}
		var value asn1.RawValue
		_, err = asn1.Unmarshal(rest, &value)
		return "otherName:" + id.String() + ";" + hexColons(value.Bytes), err
	}
	return "", fmt.Errorf("a name of kind %d is unknown", raw.Tag)
}

// writeIP writes an address, or a network with its mask.
func writeIP(b []byte) (string, error) {
	if addr, ok := netip.AddrFromSlice(b); ok {
		return "IP:" + addr.String(), nil
	}
	half := len(b) / 2
	addr, ok := netip.AddrFromSlice(b[:half])
	if !ok || len(b) != 2*half {
		return "", errors.New("an address of an unknown length")
	}
	ones := 0
	for _, c := range b[half:] {
		ones += bits.OnesCount8(c)
	}
	return fmt.Sprintf("IP:%s/%d", addr, ones), nil
}

// writeAll writes names; those that cannot be are left out.
func (e nameEncoding) writeAll(names []generalName) []any {
	out := []any{}
	for _, n := range names {
		if text, err := e.write(n); err == nil {
			out = append(out, text)
		}
	}
	return out
}
