//go:build e2e

package services

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

// MUSTER_MODULE and MUSTER_ARGS name a module and its arguments as JSON; the result is printed, for comparing.
func TestRunOne(t *testing.T) {
	bus := systemd.NewBus()
	defer bus.Close()
	reg, err := modules.NewRegistry(ServiceFacts(bus), Systemd(bus))
	if err != nil {
		t.Fatal(err)
	}
	m, ok := reg.Get(os.Getenv("MUSTER_MODULE"))
	if !ok {
		t.Skip("no module named")
	}
	args := map[string]any{}
	if a := os.Getenv("MUSTER_ARGS"); a != "" {
		if err := json.Unmarshal([]byte(a), &args); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		start := time.Now()
		res := m.Run(context.Background(), &modules.Call{Sys: sys.Real(), Args: args, Check: os.Getenv("MUSTER_CHECK") != ""})
		t.Logf("took %v", time.Since(start))
		out, _ := json.Marshal(res)
		if err := os.WriteFile("/tmp/p6result.json", out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
