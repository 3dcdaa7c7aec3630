// Program app is the service that the rollout test rolls out: it answers with its version, and with an error where a
// version is bad.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// version is set when the program is built.
var version = "0"

func main() {
	conf, err := os.ReadFile("/etc/app.conf")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, legacy := os.Stat("/etc/app-legacy")
	bad := version == "2" && legacy == nil // version 2 cannot live with what some hosts still have
	s := &http.Server{Addr: ":8099", ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if bad {
			http.Error(w, "broken", http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "version %s, %s\n", version, strings.TrimSpace(string(conf)))
	})}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = s.Shutdown(context.Background())
	}()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
