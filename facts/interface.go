package facts

import (
	"strconv"
	"strings"
)

// interfaceFacts reads what /sys says of a network interface.
func (g *gathering) interfaceFacts(name string) map[string]any {
	dir := "/sys/class/net/" + name
	facts := map[string]any{"device": name}
	if !g.isDir(dir) {
		return facts
	}
	if mac := g.text(dir + "/address"); mac != "" && mac != "00:00:00:00:00:00" {
		facts["macaddress"] = mac
	}
	g.number(facts, "mtu", dir+"/mtu")
	if g.exists(dir + "/operstate") {
		facts["active"] = g.text(dir+"/operstate") != "down"
	}
	if module := g.linkBase(dir + "/device/driver/module"); module != "" {
		facts["module"] = module
	}
	if kind := g.text(dir + "/type"); kind != "" {
		facts["type"] = interfaceType(kind)
	}
	if g.isDir(dir + "/bridge") {
		g.bridgeFacts(facts, dir)
	}
	if g.isDir(dir + "/bonding") {
		g.bondingFacts(facts, dir+"/bonding/")
	}
	if g.isDir(dir + "/bonding_slave") {
		facts["perm_macaddress"] = g.text(dir + "/bonding_slave/perm_hwaddr")
	}
	if device := g.linkBase(dir + "/device"); device != "" {
		facts["pciid"] = device
	}
	g.number(facts, "speed", dir+"/speed")
	const promiscuous = 0x100
	if flags, err := strconv.ParseUint(strings.TrimPrefix(g.text(dir+"/flags"), "0x"), 16, 64); err == nil {
		facts["promisc"] = flags&promiscuous != 0
	}
	return facts
}

func (g *gathering) number(facts map[string]any, name, file string) {
	if n, err := strconv.Atoi(g.text(file)); err == nil {
		facts[name] = n
	}
}

func interfaceType(kind string) string {
	names := map[string]string{"1": "ether", "32": "infiniband", "512": "ppp", "772": "loopback", "65534": "tunnel"}
	if name, ok := names[kind]; ok {
		return name
	}
	return "unknown"
}

func (g *gathering) bridgeFacts(facts map[string]any, dir string) {
	facts["type"] = "bridge"
	facts["interfaces"] = append([]string{}, g.names(dir+"/brif")...)
	if g.exists(dir + "/bridge/bridge_id") {
		facts["id"] = g.text(dir + "/bridge/bridge_id")
	}
	if g.exists(dir + "/bridge/stp_state") {
		facts["stp"] = g.text(dir+"/bridge/stp_state") == "1"
	}
}

func (g *gathering) bondingFacts(facts map[string]any, dir string) {
	facts["type"] = "bonding"
	facts["slaves"] = append([]string{}, strings.Fields(g.text(dir+"slaves"))...)
	for _, key := range []string{"mode", "miimon", "lacp_rate"} {
		if words := strings.Fields(g.text(dir + key)); len(words) > 0 {
			facts[key] = words[0]
		}
	}
	if primary := g.text(dir + "primary"); primary != "" {
		facts["primary"] = primary
		if g.exists(dir + "all_slaves_active") {
			facts["all_slaves_active"] = g.text(dir+"all_slaves_active") == "1"
		}
	}
}
