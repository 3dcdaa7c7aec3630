package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	header     = "$ANSIBLE_VAULT"
	cipherName = "AES256"
	lineLength = 80
	// DefaultID is the label of secrets that were given without one.
	DefaultID = "default"
)

// ErrFormat is the kind of error that text which is no readable vault gives.
var ErrFormat = errors.New("not a readable vault")

// IsEncrypted reports whether b is a vault: plain ASCII that starts with the vault header.
func IsEncrypted(b []byte) bool {
	if !bytes.HasPrefix(b, []byte(header)) {
		return false
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// envelope is a parsed vault; nothing in it is secret.
type envelope struct {
	id         string
	salt       []byte
	mac        []byte
	ciphertext []byte
}

// parse reads the header line and the hex body. It never looks at secrets.
func parse(text string) (*envelope, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	fields := strings.Split(lines[0], ";")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	if fields[0] != header {
		return nil, fmt.Errorf("%w: it does not start with %s", ErrFormat, header)
	}
	if len(fields) < 3 {
		return nil, fmt.Errorf("%w: the header needs a version and a cipher", ErrFormat)
	}
	if fields[1] != "1.1" && fields[1] != "1.2" {
		return nil, fmt.Errorf("%w: version %q is unknown, 1.1 and 1.2 are readable", ErrFormat, fields[1])
	}
	if fields[2] != cipherName {
		return nil, fmt.Errorf("%w: cipher %q is unknown, only %s is readable", ErrFormat, fields[2], cipherName)
	}
	e := &envelope{}
	if len(fields) > 3 {
		e.id = fields[3]
	}
	return e, e.parseBody(lines[1:])
}

// parseBody undoes the outer hex, splits salt, MAC and ciphertext, and undoes their hex.
func (e *envelope) parseBody(lines []string) error {
	var joined strings.Builder
	for _, l := range lines {
		joined.WriteString(strings.TrimSpace(l))
	}
	body, err := unhex([]byte(joined.String()), "the body")
	if err != nil {
		return err
	}
	parts := bytes.SplitN(body, []byte("\n"), 3)
	if len(parts) != 3 {
		return fmt.Errorf("%w: the body needs a salt, a checksum and data", ErrFormat)
	}
	for i, into := range []*[]byte{&e.salt, &e.mac, &e.ciphertext} {
		if *into, err = unhex(parts[i], "a part of the body"); err != nil {
			return err
		}
	}
	if len(e.salt) == 0 || len(e.ciphertext) == 0 {
		return fmt.Errorf("%w: the salt or the data is empty", ErrFormat)
	}
	return nil
}

// unhex undoes hex. Its errors carry the words that people search for.
func unhex(digits []byte, where string) ([]byte, error) {
	if len(digits)%2 != 0 {
		return nil, fmt.Errorf("%w: Vault format unhexlify error: Odd-length string, a character of %s is missing", ErrFormat, where)
	}
	out := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(out, digits); err != nil {
		return nil, fmt.Errorf("%w: Vault format unhexlify error: Non-hexadecimal digit found in %s", ErrFormat, where)
	}
	return out, nil
}

// format writes the envelope as ansible-vault does: format 1.2 only with a label other than default.
func (e *envelope) format() string {
	head := header + ";1.1;" + cipherName
	if e.id != "" && e.id != DefaultID {
		head = header + ";1.2;" + cipherName + ";" + e.id
	}
	inner := hex.EncodeToString(e.salt) + "\n" + hex.EncodeToString(e.mac) + "\n" + hex.EncodeToString(e.ciphertext)
	body := hex.EncodeToString([]byte(inner))
	var b strings.Builder
	b.WriteString(head + "\n")
	for len(body) > 0 {
		n := min(lineLength, len(body))
		b.WriteString(body[:n] + "\n")
		body = body[n:]
	}
	return b.String()
}
