package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"sync"
)

const (
	rounds  = 10000
	keySize = 32
	ivSize  = aes.BlockSize
)

// keys are what one password and one salt give: the cipher's key, the MAC's key and the first counter.
type keys struct{ encrypt, mac, iv []byte }

func deriveKeys(password, salt []byte) (keys, error) {
	b, err := pbkdf2.Key(sha256.New, string(password), salt, rounds, 2*keySize+ivSize)
	if err != nil {
		return keys{}, err
	}
	return keys{encrypt: b[:keySize], mac: b[keySize : 2*keySize], iv: b[2*keySize:]}, nil
}

// keyCache remembers derived keys, because deriving costs milliseconds. It is safe for concurrent use.
type keyCache struct{ entries sync.Map }

type cacheKey struct{ salt, password string }

type cacheEntry struct {
	once sync.Once
	keys keys
	err  error
}

func (c *keyCache) derive(password, salt []byte) (keys, error) {
	v, _ := c.entries.LoadOrStore(cacheKey{string(salt), string(password)}, &cacheEntry{})
	e := v.(*cacheEntry)
	e.once.Do(func() { e.keys, e.err = deriveKeys(password, salt) })
	return e.keys, e.err
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
