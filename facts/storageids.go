package facts

import "strings"

// iscsi is the name of the host as an iSCSI initiator.
func (g *gathering) iscsi() map[string]any {
	return map[string]any{"iscsi_iqn": afterPrefix(g.lines("/etc/iscsi/initiatorname.iscsi"), "InitiatorName=", true)}
}

// nvme is the name of the host for NVMe over fabrics.
func (g *gathering) nvme() map[string]any {
	return map[string]any{"hostnqn": afterPrefix(g.lines("/etc/nvme/hostnqn"), "nqn.", false)}
}

// afterPrefix returns the first line with a prefix, cut off or not; "" where there is none.
func afterPrefix(text []string, prefix string, cut bool) string {
	for _, line := range text {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			if cut {
				return rest
			}
			return line
		}
	}
	return ""
}

// fibreChannel lists the world wide names of the host's fibre channel ports.
func (g *gathering) fibreChannel() map[string]any {
	names := []string{}
	for _, host := range g.names("/sys/class/fc_host") {
		for _, line := range g.lines("/sys/class/fc_host/" + host + "/port_name") {
			names = append(names, strings.TrimPrefix(strings.TrimSpace(line), "0x"))
		}
	}
	return map[string]any{"fibre_channel_wwn": names}
}
