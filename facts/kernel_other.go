//go:build !linux

package facts

import (
	"os"
	"runtime"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// kernelOf returns nil: only Linux is asked directly.
func kernelOf(sys.Reader) kernel { return nil }

// unameOf says what the Go runtime knows of the machine.
func unameOf() uname {
	node, err := os.Hostname()
	if err != nil {
		node = ""
	}
	system := strings.ToUpper(runtime.GOOS[:1]) + runtime.GOOS[1:]
	machines := map[string]string{"amd64": "x86_64", "386": "i686"}
	machine, ok := machines[runtime.GOARCH]
	if !ok {
		machine = runtime.GOARCH
	}
	return uname{system: system, node: node, machine: machine}
}
