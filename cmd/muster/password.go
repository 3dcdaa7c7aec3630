package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/musterhq/muster/internal/serve/access"
)

// hashPassword asks for a password twice and prints its hash.
func hashPassword(ctx context.Context, io *streams) error {
	password, err := io.AskPassword(ctx, "Password: ")
	if err != nil {
		return fmt.Errorf("--hash-password: %w", err)
	}
	again, err := io.AskPassword(ctx, "Again: ")
	switch {
	case err != nil:
		return fmt.Errorf("--hash-password: %w", err)
	case password != again:
		return errors.New("--hash-password: the two differ")
	case len(password) < 8:
		return errors.New("--hash-password: a password needs at least 8 characters")
	}
	fmt.Fprintln(io.out, access.Hash(password))
	return nil
}
