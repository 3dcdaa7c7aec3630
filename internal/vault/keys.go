package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
)

const (
	rounds  = 10000
	keySize = 32
	ivSize  = aes.BlockSize
)

// keys are what one password and one salt give: the cipher's key, the MAC's key and the first counter.
type keys struct {
	encrypt, mac, iv []byte
	kept             bool // an earlier run derived them
}

func deriveKeys(password, salt []byte) keys {
	var blocks [3][]byte
	var wg sync.WaitGroup
	for i := range blocks { // side by side: this is what makes vaults slow
		wg.Go(func() { blocks[i] = deriveBlock(password, salt, uint32(i+1)) })
	}
	wg.Wait()
	return keys{encrypt: blocks[0], mac: blocks[1], iv: blocks[2][:ivSize]}
}

// deriveBlock is one block of PBKDF2 with HMAC-SHA256 (RFC 8018), of which every block is as much work as a key of its own.
func deriveBlock(password, salt []byte, number uint32) []byte {
	mac := hmac.New(sha256.New, password)
	mac.Write(salt)
	mac.Write(binary.BigEndian.AppendUint32(nil, number))
	u := mac.Sum(nil)
	sum := slices.Clone(u)
	for range rounds - 1 {
		mac.Reset()
		mac.Write(u)
		u = mac.Sum(u[:0])
		subtle.XORBytes(sum, sum, u)
	}
	return sum
}

// keyCache remembers derived keys, because deriving costs milliseconds. It is safe for concurrent use.
type keyCache struct {
	entries sync.Map
	kept    keptKeys
}

type cacheKey struct{ salt, password string }

type cacheEntry struct {
	once sync.Once
	keys keys
}

// derive returns the keys of a password and a salt: those of this process, of an earlier one, or new ones.
func (c *keyCache) derive(password, salt []byte) keys {
	v, _ := c.entries.LoadOrStore(cacheKey{string(salt), string(password)}, &cacheEntry{})
	e := v.(*cacheEntry)
	e.once.Do(func() {
		var found bool
		if e.keys, found = c.kept.find(password, salt); !found {
			e.keys = deriveKeys(password, salt)
		}
	})
	return e.keys
}

// again replaces kept keys that did not fit.
func (c *keyCache) again(password, salt []byte) keys {
	e := &cacheEntry{keys: deriveKeys(password, salt)}
	e.once.Do(func() {})
	c.entries.Store(cacheKey{string(salt), string(password)}, e)
	return e.keys
}

// open decrypts a vault with a password. Keys of an earlier run that do not fit are derived again, before errMAC is returned.
func (c *keyCache) open(with secret, e *envelope) ([]byte, error) {
	k := c.derive(with.password, e.salt)
	plain, err := k.open(e)
	if errors.Is(err, errMAC) && k.kept {
		k = c.again(with.password, e.salt)
		plain, err = k.open(e)
	}
	if err == nil {
		c.kept.prove(with.password, e.salt, k)
	}
	return plain, err
}

// likeliest puts the passwords first for which an earlier run kept keys of a salt, so that no others are derived.
func (c *keyCache) likeliest(candidates []secret, salt []byte) []secret {
	for i, x := range candidates {
		if _, found := c.kept.find(x.password, salt); found && i > 0 {
			return append([]secret{x}, candidates...)
		} else if found {
			break
		}
	}
	return candidates
}

// errMAC says that a password does not fit a vault (or that the vault was changed).
var errMAC = errors.New("the checksum does not match")

// open checks the MAC in constant time, then decrypts and removes the padding.
func (k keys) open(e *envelope) ([]byte, error) {
	if !hmac.Equal(k.sum(e.ciphertext), e.mac) {
		return nil, errMAC
	}
	plain, err := k.xor(e.ciphertext)
	if err != nil {
		return nil, err
	}
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > aes.BlockSize || pad > len(plain) {
		return nil, ErrFormat
	}
	return plain[:len(plain)-pad], nil
}

// seal pads, encrypts and signs.
func (k keys) seal(plain []byte) (ciphertext, mac []byte, err error) {
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := make([]byte, len(plain)+pad)
	copy(padded, plain)
	for i := len(plain); i < len(padded); i++ {
		padded[i] = byte(pad)
	}
	if ciphertext, err = k.xor(padded); err != nil {
		return nil, nil, err
	}
	return ciphertext, k.sum(ciphertext), nil
}

func (k keys) xor(in []byte) ([]byte, error) {
	block, err := aes.NewCipher(k.encrypt)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(in))
	cipher.NewCTR(block, k.iv).XORKeyStream(out, in)
	return out, nil
}

func (k keys) sum(data []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write(data)
	return h.Sum(nil)
}
