package vault

import (
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkHundredValues decrypts 100 values that were encrypted one by one, so that each has a salt of its own, twice: a
// play uses a variable more than once. Each round is a run: the first is one that finds no keys, later is one that does.
func BenchmarkHundredValues(b *testing.B) {
	sealing := &Secrets{}
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
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			openAll(b, "", values)
		}
	})
	b.Run("later", func(b *testing.B) {
		dir := filepath.Join(b.TempDir(), "keys")
		openAll(b, dir, values)
		for b.Loop() {
			openAll(b, dir, values)
		}
	})
}

// openAll is what a run does that keeps its keys in dir.
func openAll(b *testing.B, dir string, values []string) {
	s := &Secrets{}
	s.KeepKeys(dir)
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
	if err := s.SaveKeys(); err != nil {
		b.Fatal(err)
	}
}
