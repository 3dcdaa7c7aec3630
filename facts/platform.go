package facts

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
)

var intel32 = regexp.MustCompile(`i([3456]86|86pc)`)

// gatherPlatform is the part of the platform facts that costs nothing; other collectors build on it.
func (g *gathering) gatherPlatform() map[string]any {
	u := unameOf()
	if name := g.text("/etc/hostname"); g.k == nil && name != "" {
		u.node = name
	}
	bits := g.userspaceBits()
	facts := map[string]any{
		"system": u.system, "kernel": u.release, "kernel_version": u.version, "machine": u.machine,
		"nodename": u.node, "hostname": strings.SplitN(u.node, ".", 2)[0], "userspace_bits": bits,
	}
	architecture, userspace := architectures(u.machine, bits)
	facts["architecture"] = architecture
	if userspace != "" {
		facts["userspace_architecture"] = userspace
	}
	id := g.text("/var/lib/dbus/machine-id")
	if id == "" {
		id = g.text("/etc/machine-id")
	}
	if id != "" {
		facts["machine_id"] = lines(id)[0]
	}
	return facts
}

// platformFacts adds what takes a look-up or a program to know.
func (g *gathering) platformFacts() map[string]any {
	facts := maps.Clone(g.platform())
	node, _ := facts["nodename"].(string)
	var name string
	together(
		func() { name = g.fqdn(node) },
		func() { g.pythonVersion() },
	)
	facts["fqdn"] = name
	_, facts["domain"], _ = strings.Cut(name, ".")
	if v := g.pythonVersion(); v.text != "" {
		facts["python_version"] = v.text
	}
	return facts
}

// architectures derives the two architecture facts from the machine's name and the width of its programs.
func architectures(machine, bits string) (architecture, userspace string) {
	switch {
	case machine == "x86_64":
		architecture = machine
	case intel32.MatchString(machine):
		architecture = "i386"
	default:
		return machine, ""
	}
	if bits == "64" {
		return architecture, "x86_64"
	}
	return architecture, "i386"
}

// userspaceBits reads the class of the machine's shell from its ELF header.
func (g *gathering) userspaceBits() string {
	if f, err := g.r.Open("/bin/sh"); err == nil {
		defer func() { _ = f.Close() }()
		header := make([]byte, 5)
		if n, err := f.Read(header); err == nil && n == 5 && string(header[:4]) == "\x7fELF" {
			return map[byte]string{1: "32", 2: "64"}[header[4]]
		}
	}
	return strconv.Itoa(strconv.IntSize)
}
