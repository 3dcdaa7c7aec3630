package vault

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"testing"
)

// TestDerivedKeys compares with the standard library's derivation.
func TestDerivedKeys(t *testing.T) {
	for _, c := range []struct{ password, salt string }{{"pw", "salt"}, {"", ""}, {string(make([]byte, 100)), "é"}} {
		want, err := pbkdf2.Key(sha256.New, c.password, []byte(c.salt), rounds, 2*keySize+ivSize)
		if err != nil {
			t.Fatal(err)
		}
		k := deriveKeys([]byte(c.password), []byte(c.salt))
		if !bytes.Equal(bytes.Join([][]byte{k.encrypt, k.mac, k.iv}, nil), want) {
			t.Errorf("%q %q: other keys", c.password, c.salt)
		}
	}
}
