package facts

import (
	"strconv"
	"strings"
	"sync"
)

const dmiDir = "/sys/devices/virtual/dmi/id/"

// dmiField is a fact with its file in /sys and its keyword for dmidecode.
type dmiField struct{ fact, file, keyword string }

func dmiFields() []dmiField {
	return []dmiField{
		{"bios_date", "bios_date", "bios-release-date"}, {"bios_vendor", "bios_vendor", "bios-vendor"},
		{"bios_version", "bios_version", "bios-version"}, {"board_asset_tag", "board_asset_tag", "baseboard-asset-tag"},
		{"board_name", "board_name", "baseboard-product-name"}, {"board_serial", "board_serial", "baseboard-serial-number"},
		{"board_vendor", "board_vendor", "baseboard-manufacturer"}, {"board_version", "board_version", "baseboard-version"},
		{"chassis_asset_tag", "chassis_asset_tag", "chassis-asset-tag"},
		{"chassis_serial", "chassis_serial", "chassis-serial-number"},
		{"chassis_vendor", "chassis_vendor", "chassis-manufacturer"},
		{"chassis_version", "chassis_version", "chassis-version"}, {"form_factor", "chassis_type", "chassis-type"},
		{"product_name", "product_name", "system-product-name"},
		{"product_serial", "product_serial", "system-serial-number"},
		{"product_uuid", "product_uuid", "system-uuid"}, {"product_version", "product_version", "system-version"},
		{"system_vendor", "sys_vendor", "system-manufacturer"},
	}
}

// dmi reads what the firmware says of the machine, from the kernel or else from dmidecode; "NA" is not known.
func (g *gathering) dmi() map[string]any {
	fields := dmiFields()
	values := make([]string, len(fields))
	if g.exists(dmiDir + "product_name") {
		for i, f := range fields {
			values[i] = g.text(dmiDir + f.file)
			if f.fact == "form_factor" && values[i] != "" {
				values[i] = formFactor(values[i])
			}
		}
	} else if g.has("dmidecode") {
		var wait sync.WaitGroup
		for i, f := range fields {
			wait.Go(func() { values[i] = g.dmidecode(f.keyword) })
		}
		wait.Wait()
	}
	facts := map[string]any{}
	for i, f := range fields {
		facts[f.fact] = orNA(values[i])
	}
	return facts
}

func (g *gathering) dmidecode(keyword string) string {
	out, ok := g.query("dmidecode", "-s", keyword)
	if !ok {
		return ""
	}
	text := ""
	for _, line := range lines(out) {
		if !strings.HasPrefix(line, "#") {
			text += line
		}
	}
	return text
}

// formFactor names a chassis type of the SMBIOS specification.
func formFactor(number string) string {
	names := []string{"Unknown", "Other", "Unknown", "Desktop", "Low Profile Desktop", "Pizza Box", "Mini Tower", "Tower",
		"Portable", "Laptop", "Notebook", "Hand Held", "Docking Station", "All In One", "Sub Notebook", "Space-saving",
		"Lunch Box", "Main Server Chassis", "Expansion Chassis", "Sub Chassis", "Bus Expansion Chassis",
		"Peripheral Chassis", "RAID Chassis", "Rack Mount Chassis", "Sealed-case PC", "Multi-system", "CompactPCI",
		"AdvancedTCA", "Blade", "Blade Enclosure", "Tablet", "Convertible", "Detachable", "IoT Gateway", "Embedded PC",
		"Mini PC", "Stick PC"}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(names) {
		return "unknown (" + number + ")"
	}
	return names[n]
}
