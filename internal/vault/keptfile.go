package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

const (
	keptMagic   = "muster vault keys 1\n"
	keptMost    = 20_000 // keys of one password; the ones used longest ago go first
	keptSalt    = 255    // bytes of the longest salt that is kept
	keptEntry   = 2*keySize + ivSize
	keptMaxSize = keptMost*(1+keptSalt+keptEntry) + 1024
)

var errKept = errors.New("not a readable file of keys")

// keptKey is what one salt and the file's password give.
type keptKey struct {
	salt string
	keys keys
}

// sealer is what one password opens in the folder of kept keys: a file, and the key that it is sealed with.
type sealer struct {
	file string
	aead cipher.AEAD
}

// newSealer derives a sealer: as much work as trying a password on a vault takes, so that the folder is no quicker way to
// find a password than a vault is.
func newSealer(password, folderSalt []byte) (sealer, error) {
	master := deriveBlock(password, append([]byte(keptMagic), folderSalt...), 1)
	name, err := hkdf.Expand(sha256.New, master, "file", 16)
	if err != nil {
		return sealer{}, err
	}
	key, err := hkdf.Expand(sha256.New, master, "seal", keySize)
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{file: hex.EncodeToString(name), aead: aead}, err
}

// seal makes a file of keys.
func (s sealer) seal(list []keptKey) []byte {
	return s.aead.Seal([]byte(keptMagic), nil, writeKept(list), []byte(keptMagic))
}

// open returns the keys of a file. Its errors are of the kind errKept: it is damaged, or another's.
func (s sealer) open(sealed []byte) ([]keptKey, error) {
	if len(sealed) < len(keptMagic) || string(sealed[:len(keptMagic)]) != keptMagic {
		return nil, errKept
	}
	plain, err := s.aead.Open(nil, nil, sealed[len(keptMagic):], []byte(keptMagic))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errKept, err)
	}
	return readKept(plain)
}

// writeKept puts keys one after the other: the length of the salt, the salt, and the three keys.
func writeKept(list []keptKey) []byte {
	out := make([]byte, 0, len(list)*(1+keySize+keptEntry))
	for _, k := range list {
		out = append(out, byte(len(k.salt)))
		out = append(out, k.salt...)
		out = append(out, k.keys.encrypt...)
		out = append(out, k.keys.mac...)
		out = append(out, k.keys.iv...)
	}
	return out
}

// readKept undoes writeKept.
func readKept(b []byte) ([]keptKey, error) {
	var list []keptKey
	for len(b) > 0 {
		n := 1 + int(b[0])
		if n == 1 || len(b) < n+keptEntry || len(list) == keptMost {
			return nil, errKept
		}
		salt, rest := string(b[1:n]), b[n:n+keptEntry]
		list = append(list, keptKey{salt, keys{encrypt: rest[:keySize], mac: rest[keySize : 2*keySize], iv: rest[2*keySize:]}})
		b = b[n+keptEntry:]
	}
	return list, nil
}

// mergeKept puts the keys that were just used before those of the file, once each, and drops what is too much.
func mergeKept(used, file []keptKey, most int) []keptKey {
	seen := make(map[string]bool, len(used)+len(file))
	var out []keptKey
	for _, list := range [][]keptKey{used, file} {
		for _, k := range list {
			if len(out) < most && !seen[k.salt] {
				seen[k.salt] = true
				out = append(out, k)
			}
		}
	}
	return out
}
