// Command mkembedded builds the runners for every platform, or for those named by -platforms, and writes them, packed, where
// muster embeds them. The release build runs it before it builds muster.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/runnerbin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	only := flag.String("platforms", "", "GOOS/GOARCH, separated by commas; all without it")
	flag.Parse()
	platforms := runnerbin.Platforms()
	if *only != "" {
		platforms = slices.DeleteFunc(platforms, func(p [2]string) bool { return !slices.Contains(strings.Split(*only, ","), p[0]+"/"+p[1]) })
	}
	if err := runnerbin.Embed(ctx, "go", ".", "internal/runnerbin/embedded", platforms, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "mkembedded: %v\n", err)
		os.Exit(1)
	}
}
