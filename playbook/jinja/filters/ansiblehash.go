package filters

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/ripemd160"

	"github.com/musterhq/muster/internal/value"
)

func ansibleHash() map[string]Func {
	sum := func(name, kind string) Func {
		return Strict(name+"(data)", func(_ Env, a *value.Args) (any, error) { return digest(a.Any("data"), kind) })
	}
	return map[string]Func{
		"md5":      sum("md5s", "md5"),
		"sha1":     sum("checksum_s", "sha1"),
		"checksum": sum("checksum_s", "sha1"),
		"hash": Strict("get_hash(data, hashtype='sha1')", func(_ Env, a *value.Args) (any, error) {
			return digest(a.Any("data"), a.Str("hashtype"))
		}),
		"password_hash": Strict("get_encrypted_password(password, hashtype='sha512', salt=None, salt_size=None, rounds=None, ident=None)", passwordHash),
	}
}

// newHash makes the hashes that Python's hashlib knows; nil for others.
func newHash(kind string) hash.Hash {
	switch strings.ToLower(strings.ReplaceAll(kind, "-", "_")) {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha224":
		return sha256.New224()
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	case "sha512_224":
		return sha512.New512_224()
	case "sha512_256":
		return sha512.New512_256()
	case "sha3_224":
		return sha3.New224()
	case "sha3_256":
		return sha3.New256()
	case "sha3_384":
		return sha3.New384()
	case "sha3_512":
		return sha3.New512()
	case "ripemd160":
		return ripemd160.New()
	case "blake2b":
		h, _ := blake2b.New512(nil)
		return h
	case "blake2s":
		h, _ := blake2s.New256(nil)
		return h
	}
	return nil
}

func digest(data any, kind string) (any, error) {
	h := newHash(kind)
	if h == nil {
		return nil, errorf("unsupported hash type %s", kind)
	}
	b, err := encoded(data, "utf-8")
	if err != nil {
		return nil, err
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil)), nil
}
