// Command mkembedded builds the slim runner for every platform and writes them, packed, where muster embeds them. The
// release build runs it before it builds muster.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/musterhq/muster/internal/runnerbin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := runnerbin.Embed(ctx, "go", ".", "internal/runnerbin/embedded", os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "mkembedded: %v\n", err)
		os.Exit(1)
	}
}
