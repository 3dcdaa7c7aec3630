package vault

import (
	"fmt"
	"testing"
)

// BenchmarkHundredValues decrypts 100 values that were encrypted one by one, so that each has a salt of its own, twice: a
// play uses a variable more than once.
func BenchmarkHundredValues(b *testing.B) {
	var sealing Secrets
	if err := sealing.Add("", []byte("password")); err != nil {
		b.Fatal(err)
	}
	values := make([]string, 100)
	for i := range values {
		var err error
		if values[i], err = sealing.Encrypt(fmt.Sprint("secret ", i), ""); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		var s Secrets
		if err := s.Add("", []byte("password")); err != nil {
			b.Fatal(err)
		}
		for range 2 {
			for _, v := range values {
				if _, err := s.Decrypt(v); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
