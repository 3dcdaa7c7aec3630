package modules

import "fmt"

func failf(format string, args ...any) Result {
	return Result{"failed": true, "changed": false, "msg": fmt.Sprintf(format, args...)}
}

// OrderKey is the key under which a result tells the order of mappings in it: a list of keys by the path of the mapping,
// its parts joined by dots. The controller applies it and drops the key. It is for mappings that playbooks loop over.
const OrderKey = "_order"

// IntegersKey is the key under which a result lists what is text on the wire and an integer beyond 64 bits to playbooks: paths,
// each a list of keys. The engine writes it, the controller applies and drops it.
const IntegersKey = "_integers"
