package tests

import (
	"fmt"
	"io"
	"os"

	"github.com/musterhq/muster/internal/vault"
)

// encryptedFile reports whether a file of the controller is a vault, from its first bytes.
func encryptedFile(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("cannot test if the file is a vault: %w", err)
	}
	defer f.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && n == 0 {
		return false, nil
	}
	return vault.IsEncrypted(head[:n]), nil
}
