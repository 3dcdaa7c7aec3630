package facts

import (
	"strconv"
	"strings"
)

func (g *gathering) processors() map[string]any {
	text := g.lines("/proc/cpuinfo")
	if text == nil {
		return nil
	}
	arch, _ := g.platform()["architecture"].(string)
	info := parseCPUInfo(text)
	xen := g.exists("/proc/xen") || before(g.text("/sys/hypervisor/type"), "\n") == "xen"
	facts := info.facts(arch, xen)
	if _, ok := facts["processor_nproc"]; ok && g.k != nil {
		if n := g.k.cpus(); n > 0 {
			facts["processor_nproc"] = n
		}
	}
	return facts
}

// cpuInfo is what /proc/cpuinfo says, on any architecture.
type cpuInfo struct {
	described                []any // every value that describes a processor, in the file's order
	vendors, models, numbers int
	sockets, threads         orderedCounts // by physical id: cores; by core id: siblings
	active, processors       int           // SPARC's and S/390's counts, 0 elsewhere
	flagsWithoutVME          bool
}

// orderedCounts keeps counts by key in the order the keys came.
type orderedCounts struct {
	keys   []string
	counts map[string]int
}

func (o *orderedCounts) set(key string, n int) {
	if o.counts == nil {
		o.counts = map[string]int{}
	}
	if _, ok := o.counts[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.counts[key] = n
}

func (o *orderedCounts) has(key string) bool { _, ok := o.counts[key]; return ok }

func (o *orderedCounts) first() int {
	if len(o.keys) == 0 {
		return 0
	}
	return o.counts[o.keys[0]]
}

func parseCPUInfo(text []string) cpuInfo {
	c := cpuInfo{described: []any{}}
	socket, core := "0", "0"
	for _, line := range text {
		key, value, _ := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		n, _ := strconv.Atoi(value)
		switch key {
		case "flags":
			c.flagsWithoutVME = c.flagsWithoutVME || !strings.Contains(value, "vme")
		case "model name", "Processor", "vendor_id", "cpu", "Vendor", "processor":
			c.described = append(c.described, value)
			c.count(key)
		case "physical id":
			socket = value
			if !c.sockets.has(socket) {
				c.sockets.set(socket, 1)
			}
		case "core id":
			core = value
			if !c.sockets.has(core) {
				c.threads.set(core, 1)
			}
		case "cpu cores":
			c.sockets.set(socket, n)
		case "siblings":
			c.threads.set(core, n)
		case "# processors":
			c.processors = n
		case "ncpus active":
			c.active = n
		}
	}
	return c
}

func (c *cpuInfo) count(key string) {
	switch key {
	case "vendor_id":
		c.vendors++
	case "model name":
		c.models++
	case "processor":
		c.numbers++
	}
}

// total is the number of processors: of descriptions, unless the architecture counts them in another way.
func (c cpuInfo) total(arch string) int {
	total := len(c.described)
	if c.active > 0 {
		total = c.active
	}
	if c.vendors > 0 && c.vendors == c.models {
		total = c.vendors
	}
	for _, prefix := range []string{"armv", "aarch", "ppc"} {
		if strings.HasPrefix(arch, prefix) {
			total = c.numbers
		}
	}
	return total
}

func (c cpuInfo) facts(arch string, xen bool) map[string]any {
	facts := map[string]any{"processor": c.described}
	if c.processors > 0 {
		facts["processor_cores"] = c.processors
	}
	total := c.total(arch)
	switch {
	case arch == "s390x":
	case xen && c.flagsWithoutVME: // paravirtualised: only one core shows
		facts["processor_count"], facts["processor_cores"] = total, total
		facts["processor_threads_per_core"], facts["processor_vcpus"] = 1, total
	default:
		sockets, cores, threads := len(c.sockets.keys), c.sockets.first(), 1
		if sockets == 0 {
			sockets = total
		}
		if cores == 0 {
			cores = 1
		}
		if len(c.threads.keys) > 0 {
			threads = c.threads.first()
		}
		threads /= cores
		facts["processor_count"], facts["processor_cores"] = sockets, cores
		facts["processor_threads_per_core"], facts["processor_vcpus"] = threads, threads*sockets*cores
		facts["processor_nproc"] = c.numbers
	}
	return facts
}
