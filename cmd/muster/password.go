package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/musterhq/muster/internal/serve/password"
	"github.com/musterhq/muster/transport"
)

// hashPassword asks for a password twice and prints its hash.
func hashPassword(ctx context.Context, io *streams) error {
	given, err := io.AskPassword(ctx, "Password: ")
	if err != nil {
		return fmt.Errorf("--hash-password: %w", err)
	}
	again, err := io.AskPassword(ctx, "Again: ")
	switch {
	case errors.Is(err, transport.ErrNoTerminal) && len(given) >= 8: // a script gave it, once
	case err != nil:
		return fmt.Errorf("--hash-password: %w", err)
	case given != again:
		return errors.New("--hash-password: the two differ")
	case len(given) < 8:
		return errors.New("--hash-password: a password needs at least 8 characters")
	}
	fmt.Fprintln(io.out, password.Hash(given))
	return nil
}
