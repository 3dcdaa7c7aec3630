package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// sshCurves are the curves by their names in SSH's keys.
func sshCurves() map[string]elliptic.Curve {
	return map[string]elliptic.Curve{"nistp256": elliptic.P256(), "nistp384": elliptic.P384(), "nistp521": elliptic.P521()}
}

// encodeSSHKey writes a public key as SSH does, without a comment or the end of the line.
func encodeSSHKey(key crypto.PublicKey) ([]byte, error) {
	var fields [][]byte
	switch key := key.(type) {
	case *rsa.PublicKey:
		fields = [][]byte{[]byte("ssh-rsa"), positive(big.NewInt(int64(key.E))), positive(key.N)}
	case ed25519.PublicKey:
		fields = [][]byte{[]byte("ssh-ed25519"), key}
	case *ecdsa.PublicKey:
		for name, curve := range sshCurves() {
			if curve == key.Curve {
				point, err := key.Bytes()
				if err != nil {
					return nil, err
				}
				fields = [][]byte{[]byte("ecdsa-sha2-" + name), []byte(name), point}
			}
		}
	}
	if fields == nil {
		return nil, errors.New("SSH has no keys of this kind")
	}
	var b cryptobyte.Builder
	for _, f := range fields {
		b.AddUint32LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(f) })
	}
	blob, err := b.Bytes()
	return []byte(string(fields[0]) + " " + base64.StdEncoding.EncodeToString(blob)), err
}

// positive is a number's bytes; the first bit is its sign.
func positive(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) > 0 && b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return b
}

// parseSSHKey reads a line with a public key of SSH.
func parseSSHKey(line []byte) (crypto.PublicKey, error) {
	words := strings.Fields(string(line))
	if len(words) < 2 {
		return nil, errors.New("no key of SSH")
	}
	blob, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return nil, err
	}
	var fields [][]byte
	for rest := cryptobyte.String(blob); !rest.Empty(); {
		var n uint32
		var f []byte
		if !rest.ReadUint32(&n) || uint64(n) > uint64(len(rest)) || !rest.ReadBytes(&f, int(n)) {
			return nil, errors.New("a broken key of SSH")
		}
		fields = append(fields, f)
	}
	return sshKeyOf(words[0], fields)
}

func sshKeyOf(kind string, fields [][]byte) (crypto.PublicKey, error) {
	switch {
	case len(fields) == 0 || string(fields[0]) != kind:
	case kind == "ssh-ed25519" && len(fields) == 2 && len(fields[1]) == ed25519.PublicKeySize:
		return ed25519.PublicKey(fields[1]), nil
	case kind == "ssh-rsa" && len(fields) == 3:
		if e := new(big.Int).SetBytes(fields[1]); e.IsInt64() && e.Int64() < 1<<31 {
			return &rsa.PublicKey{N: new(big.Int).SetBytes(fields[2]), E: int(e.Int64())}, nil
		}
	case len(fields) == 3:
		if curve := sshCurves()[string(fields[1])]; curve != nil {
			return ecdsa.ParseUncompressedPublicKey(curve, fields[2])
		}
	}
	return nil, errors.New("a broken key of SSH, or one of another kind")
}
