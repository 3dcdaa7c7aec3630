package facts

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// devices describes the block devices and their partitions.
func (g *gathering) devices() map[string]any {
	blocks := g.names("/sys/block")
	if blocks == nil {
		return map[string]any{"devices": map[string]any{}}
	}
	d := diskReader{gathering: g, links: g.deviceLinks(), wwn: map[string]string{}, uuids: map[string]string{}, sgInq: g.has("sg_inq")}
	for _, name := range g.names("/dev/disk/by-id") {
		if id, ok := strings.CutPrefix(name, "wwn-"); ok {
			d.wwn[g.linkBase("/dev/disk/by-id/"+name)] = id
		}
	}
	for _, uuid := range g.names("/dev/disk/by-uuid") {
		d.uuids[g.linkBase("/dev/disk/by-uuid/"+uuid)] = uuid
	}
	all := map[string]any{}
	for _, block := range blocks {
		all[block] = d.disk(block)
	}
	return map[string]any{"devices": all, "device_links": d.links}
}

// deviceLinks lists the names that udev gave to devices, and which device is built on which.
func (g *gathering) deviceLinks() map[string]any {
	masters := map[string]any{}
	for _, device := range g.names("/sys/block") {
		for _, slave := range g.names("/sys/block/" + device + "/slaves") {
			list, _ := masters[slave].([]string)
			masters[slave] = append(list, device)
		}
	}
	return map[string]any{"ids": g.linksByTarget("/dev/disk/by-id"), "uuids": g.linksByTarget("/dev/disk/by-uuid"),
		"labels": g.linksByTarget("/dev/disk/by-label"), "masters": masters}
}

func (g *gathering) linksByTarget(dir string) map[string]any {
	links := map[string]any{}
	for _, name := range g.names(dir) {
		if target := g.linkBase(path.Join(dir, name)); target != "" {
			list, _ := links[target].([]string)
			links[target] = append(list, name)
		}
	}
	return links
}

// diskReader holds what is looked up once for all disks.
type diskReader struct {
	*gathering
	links map[string]any
	wwn   map[string]string
	uuids map[string]string
	sgInq bool // the program sg_inq is there
}

var pciAddress = regexp.MustCompile(`.+/([a-f0-9]{4}:[a-f0-9]{2}:[01][a-f0-9]\.[0-7])/`)

func (d diskReader) disk(block string) map[string]any {
	target, err := d.r.Readlink("/sys/block/" + block)
	if err != nil {
		target = block
	}
	dir := path.Join("/sys/block", target)
	entries := d.names(dir)
	disk := map[string]any{"virtual": 1, "links": d.linksOf(block), "host": d.pciHost(dir),
		"holders": d.holders(dir), "partitions": d.partitions(block, dir, entries),
		"removable": d.textOrNil(dir + "/removable"), "rotational": d.textOrNil(dir + "/queue/rotational"),
		"support_discard": d.textOrNil(dir + "/queue/discard_granularity"),
		"scheduler_mode":  activeScheduler(d.text(dir + "/queue/scheduler"))}
	if err != nil && slices.ContainsFunc(entries, func(n string) bool { return strings.Contains(n, "device") }) {
		disk["virtual"] = 0
	}
	for _, key := range []string{"vendor", "model", "sas_address", "sas_device_handle"} {
		disk[key] = nil
		if slices.Contains(entries, "device") {
			disk[key] = d.textOrNil(dir + "/device/" + key)
		}
	}
	if serial := d.serial(dir, block, entries); serial != "" {
		disk["serial"] = serial
	}
	if wwn := d.wwn[block]; wwn != "" {
		disk["wwn"] = wwn
	}
	disk["sectors"], disk["sectorsize"], disk["size"] = d.size(dir)
	return disk
}

// partitionName finds the name of a disk's partition in an entry of its folder: sda1, nvme0n1p1.
func partitionName(block, entry string) string {
	at := strings.Index(entry, block)
	if at < 0 {
		return ""
	}
	number := strings.TrimPrefix(entry[at+len(block):], "p")
	end := 0
	for end < len(number) && number[end] >= '0' && number[end] <= '9' {
		end++
	}
	if end == 0 {
		return ""
	}
	return entry[at : len(entry)-len(number)+end]
}

func (d diskReader) partitions(block, dir string, entries []string) map[string]any {
	found := map[string]any{}
	for _, entry := range entries {
		name := partitionName(block, entry)
		if name == "" {
			continue
		}
		partDir := dir + "/" + name
		part := map[string]any{"links": d.linksOf(name), "holders": d.holders(partDir), "uuid": nil}
		part["sectors"], part["sectorsize"], part["size"] = d.size(partDir)
		part["start"] = any(0)
		if start := d.text(partDir + "/start"); start != "" {
			part["start"] = start
		}
		if uuid := d.uuids[name]; uuid != "" {
			part["uuid"] = uuid
		}
		found[name] = part
	}
	return found
}

// size returns the facts sectors, sectorsize and size. The kernel counts in units of 512 bytes whatever the
// device's own sectors are.
func (d diskReader) size(dir string) (sectors, sectorSize any, human string) {
	sectors, sectorSize = 0, 512
	count := d.text(dir + "/size")
	if count != "" {
		sectors = count
	}
	for _, file := range []string{"/queue/logical_block_size", "/queue/hw_sector_size"} {
		if s := d.text(dir + file); s != "" {
			sectorSize = s
			break
		}
	}
	n, err := strconv.ParseFloat(count, 64)
	if err != nil {
		n = 0
	}
	return sectors, sectorSize, bytesForPeople(n * 512)
}

func bytesForPeople(n float64) string {
	limit := float64(1 << 60)
	for _, unit := range []string{"EB", "PB", "TB", "GB", "MB", "KB"} {
		if n >= limit {
			return fmt.Sprintf("%.2f %s", n/limit, unit)
		}
		limit /= 1024
	}
	return fmt.Sprintf("%.2f Bytes", n)
}

func (d diskReader) linksOf(name string) map[string]any {
	out := map[string]any{}
	for kind, all := range d.links {
		list, _ := all.(map[string]any)[name].([]string)
		out[kind] = append([]string{}, list...)
	}
	return out
}

// holders lists the device mapper devices on top of a device, by name where they have one.
func (d diskReader) holders(dir string) []string {
	list := []string{}
	for _, folder := range d.names(dir + "/holders") {
		if !strings.HasPrefix(folder, "dm-") {
			continue
		}
		if name := d.text(dir + "/holders/" + folder + "/dm/name"); name != "" {
			folder = name
		}
		list = append(list, folder)
	}
	return list
}

var sgSerial = regexp.MustCompile(`(?:Unit serial|Serial) number:\s+(\w+)`)

func (d diskReader) serial(dir, block string, entries []string) string {
	if !d.sgInq {
		if !slices.Contains(entries, "device") {
			return ""
		}
		return d.text(dir + "/device/serial")
	}
	out, ok := d.query("sg_inq", "/dev/"+block)
	if m := sgSerial.FindStringSubmatch(out); ok && m != nil {
		return m[1]
	}
	return ""
}

// pciHost describes the PCI device that a disk hangs on, in lspci's words.
func (d diskReader) pciHost(dir string) string {
	m := pciAddress.FindStringSubmatch(dir)
	if m == nil {
		return ""
	}
	for _, line := range lines(d.pciList()) {
		if rest, ok := strings.CutPrefix(line, m[1]+" "); ok {
			return rest
		}
	}
	return ""
}

func activeScheduler(list string) string {
	_, rest, _ := strings.Cut(list, "[")
	name, _, ok := strings.Cut(rest, "]")
	if !ok {
		return ""
	}
	return name
}
