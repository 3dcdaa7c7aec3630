package certificates

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // old certificates have such keys, which are only described
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"hash"
	"io"
	"math/big"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"
)

// hexColons writes bytes as aa:bb:cc.
func hexColons(b []byte) string {
	return strings.ReplaceAll(fmt.Sprintf("% x", b), " ", ":")
}

// fingerprints are the digests of some bytes by the name of the algorithm, as Python's hashlib has them.
func fingerprints(data []byte) map[string]any {
	unkeyed := func(h hash.Hash, err error) hash.Hash {
		if err != nil {
			panic(err) // there is no key that could be too long
		}
		return h
	}
	out := map[string]any{}
	for name, h := range map[string]hash.Hash{
		"md5": md5.New(), "sha1": sha1.New(), "sha224": sha256.New224(), "sha256": sha256.New(), "sha384": sha512.New384(), "sha512": sha512.New(),
		"sha3_224": sha3.New224(), "sha3_256": sha3.New256(), "sha3_384": sha3.New384(), "sha3_512": sha3.New512(),
		"blake2b": unkeyed(blake2b.New512(nil)), "blake2s": unkeyed(blake2s.New256(nil)),
	} {
		h.Write(data)
		out[name] = hexColons(h.Sum(nil))
	}
	for name, h := range map[string]io.ReadWriter{"shake_128": sha3.NewSHAKE128(), "shake_256": sha3.NewSHAKE256()} {
		sum := make([]byte, 32)
		_, _ = h.Write(data) // neither fails
		_, _ = h.Read(sum)
		out[name] = hexColons(sum)
	}
	return out
}

// fingerprint is the one that differences show.
func fingerprint(data []byte) map[string]any {
	sum := sha256.Sum256(data)
	return map[string]any{"sha256": hexColons(sum[:])}
}

// digests gives the fingerprints of some bytes: all of them, or one.
type digests func([]byte) map[string]any

// publicDER is a public key as certificates hold it.
func publicDER(key crypto.PublicKey) ([]byte, error) { return x509.MarshalPKIXPublicKey(key) }

func publicPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// describePublic is the kind of a public key and its numbers.
func describePublic(key crypto.PublicKey) (kind string, data map[string]any) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return kindRSA, map[string]any{"size": key.N.BitLen(), "modulus": key.N, "exponent": key.E}
	case *ecdsa.PublicKey:
		x, y := coordinates(key)
		return kindECC, map[string]any{"curve": curveName(key.Curve), "x": x, "y": y, "exponent_size": key.Curve.Params().BitSize}
	case ed25519.PublicKey:
		return kindEd25519, map[string]any{}
	case *ecdh.PublicKey:
		return kindX25519, map[string]any{}
	case *dsa.PublicKey:
		return kindDSA, map[string]any{"size": key.P.BitLen(), "p": key.P, "q": key.Q, "g": key.G, "y": key.Y}
	default:
		return fmt.Sprintf("unknown (%T)", key), map[string]any{}
	}
}

// coordinates are those of a point, from its uncompressed form: 4, x, y.
func coordinates(key *ecdsa.PublicKey) (x, y *big.Int) {
	point, err := key.Bytes()
	if err != nil {
		return nil, nil
	}
	half := (len(point) - 1) / 2
	return new(big.Int).SetBytes(point[1 : 1+half]), new(big.Int).SetBytes(point[1+half:])
}

// describePublicKey describes a public key under the keys of Ansible's results.
func describePublicKey(key crypto.PublicKey, sums digests) map[string]any {
	out := map[string]any{}
	out["type"], out["public_data"] = describePublic(key)
	out["fingerprints"] = map[string]any{}
	if der, err := publicDER(key); err == nil {
		out["fingerprints"] = sums(der)
	}
	return out
}

// describePrivateKey describes a private key by its public part.
func describePrivateKey(key privateKey, sums digests) map[string]any {
	out := map[string]any{"can_parse_key": true, "key_is_consistent": nil}
	out["type"], out["public_data"] = describePublic(key.Public())
	der, err := publicDER(key.Public())
	if err != nil {
		return map[string]any{"can_parse_key": false, "key_is_consistent": nil}
	}
	out["public_key"], out["public_key_fingerprints"] = publicPEM(der), sums(der)
	return out
}

// equalKeys compares public keys.
func equalKeys(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(x crypto.PublicKey) bool })
	return ok && k.Equal(b)
}
