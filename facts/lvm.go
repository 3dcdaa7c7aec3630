package facts

import "strings"

// lvm lists volume groups, logical and physical volumes. Only root may ask, and where udev has seen no physical
// volume there is nothing to ask for.
func (g *gathering) lvm() any {
	if g.r.Getuid() != 0 || !g.has("vgs") {
		return "N/A"
	}
	var vgs, lvs, pvs [][]string
	if g.mayHaveLVM() {
		together(
			func() { vgs = g.lvmTable("vgs", 4) },
			func() { lvs = g.lvmTable("lvs", 4) },
			func() { pvs = g.lvmTable("pvs", 6) },
		)
	}
	return map[string]any{"vgs": volumeGroups(vgs), "lvs": logicalVolumes(lvs), "pvs": g.physicalVolumes(pvs)}
}

// mayHaveLVM is false only where udev keeps a record of block devices and none is a physical volume.
func (g *gathering) mayHaveLVM() bool {
	recorded := false
	for _, name := range g.names("/run/udev/data") {
		if !strings.HasPrefix(name, "b") {
			continue
		}
		recorded = true
		if strings.Contains(g.text("/run/udev/data/"+name), "ID_FS_TYPE=LVM") {
			return true
		}
	}
	return !recorded
}

func (g *gathering) lvmTable(program string, columns int) [][]string {
	out, _ := g.query(program, "--noheadings", "--nosuffix", "--units", "g", "--separator", ",")
	var table [][]string
	for _, line := range lines(out) {
		if fields := strings.Split(strings.TrimSpace(line), ","); len(fields) >= columns {
			table = append(table, fields)
		}
	}
	return table
}

func volumeGroups(table [][]string) map[string]any {
	facts := map[string]any{}
	for _, f := range table {
		facts[f[0]] = map[string]any{"num_pvs": f[1], "num_lvs": f[2], "size_g": f[len(f)-2], "free_g": f[len(f)-1]}
	}
	return facts
}

func logicalVolumes(table [][]string) map[string]any {
	facts := map[string]any{}
	for _, f := range table {
		facts[f[0]] = map[string]any{"vg": f[1], "size_g": f[3]}
	}
	return facts
}

func (g *gathering) physicalVolumes(table [][]string) map[string]any {
	facts := map[string]any{}
	for _, f := range table {
		device := f[0]
		if dm, ok := strings.CutPrefix(device, "/dev/dm-"); ok {
			if name := g.text("/sys/block/dm-" + dm + "/dm/name"); name != "" {
				device = "/dev/mapper/" + name
			}
		}
		facts[device] = map[string]any{"vg": f[1], "size_g": f[4], "free_g": f[5]}
	}
	return facts
}
