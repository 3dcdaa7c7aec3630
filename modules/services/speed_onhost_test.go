//go:build onhost

package services

import (
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

// What a converged play costs on a real host.
func BenchmarkConverged(b *testing.B) {
	bus := systemd.NewBus()
	defer bus.Close()
	for name, task := range map[string]struct {
		module modules.Module
		args   map[string]any
	}{
		"started":       {Systemd(bus), map[string]any{"name": "ssh", "state": "started", "enabled": true}},
		"daemon_reload": {Systemd(bus), map[string]any{"daemon_reload": true}},
		"facts":         {ServiceFacts(bus), map[string]any{}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if res := task.module.Run(b.Context(), &modules.Call{Sys: sys.Real(), Args: task.args}); res.Failed() || res.Changed() {
					b.Fatal(res["msg"])
				}
			}
		})
	}
}
