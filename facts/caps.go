package facts

import (
	"strconv"
	"strings"
)

// caps tells the capabilities of this process in the form of libcap, cut up as Ansible cuts up the output of capsh.
// Where capsh is not installed Ansible does not know them, and neither is said here.
func (g *gathering) caps() map[string]any {
	state, ok := parseCapState(g.lines("/proc/self/status"))
	last, err := strconv.Atoi(g.text("/proc/sys/kernel/cap_last_cap"))
	if !ok || err != nil || last < 0 || last > 63 || !g.has("capsh") {
		return map[string]any{"system_capabilities": "N/A", "system_capabilities_enforced": "N/A"}
	}
	text := state.text(last)
	if text == "=ep" {
		return map[string]any{"system_capabilities": []string{}, "system_capabilities_enforced": "False"}
	}
	_, after, _ := strings.Cut(text, "=")
	var list []string
	for _, part := range strings.Split(before(after, "="), ",") {
		list = append(list, strings.TrimSpace(part))
	}
	return map[string]any{"system_capabilities": list, "system_capabilities_enforced": "True"}
}

// capState holds the effective, inheritable and permitted sets.
type capState struct{ effective, inheritable, permitted uint64 }

func parseCapState(status []string) (capState, bool) {
	var s capState
	seen := 0
	for _, line := range status {
		name, value, _ := strings.Cut(line, ":")
		bits, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			continue
		}
		switch name {
		case "CapEff":
			s.effective = bits
		case "CapInh":
			s.inheritable = bits
		case "CapPrm":
			s.permitted = bits
		default:
			continue
		}
		seen++
	}
	return s, seen == 3
}

// flags is the combination of sets that a capability is in: 1 effective, 2 permitted, 4 inheritable.
func (s capState) flags(bit int) int {
	f := 0
	for i, set := range []uint64{s.effective, s.permitted, s.inheritable} {
		if set>>bit&1 == 1 {
			f |= 1 << i
		}
	}
	return f
}

func flagLetters(f int) string {
	out := ""
	for _, l := range []struct {
		bit    int
		letter string
	}{{1, "e"}, {4, "i"}, {2, "p"}} {
		if f&l.bit != 0 {
			out += l.letter
		}
	}
	return out
}

// text writes the sets as libcap does: the combination that most capabilities are in, then each other combination
// with its members and what they have more and less.
func (s capState) text(last int) string {
	var count [8]int
	for bit := 0; bit <= last; bit++ {
		count[s.flags(bit)]++
	}
	common := 7
	for f := 6; f >= 0; f-- {
		if count[f] >= count[common] {
			common = f
		}
	}
	out := "=" + flagLetters(common)
	for f := 7; f >= 0; f-- {
		if f == common || count[f] == 0 {
			continue
		}
		var members []string
		for bit := 0; bit <= last; bit++ {
			if s.flags(bit) == f {
				members = append(members, capName(bit))
			}
		}
		out += " " + strings.Join(members, ",")
		if more := flagLetters(f &^ common); more != "" {
			out += "+" + more
		}
		if less := flagLetters(common &^ f); less != "" {
			out += "-" + less
		}
	}
	return out
}

func capName(bit int) string {
	names := []string{"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
		"setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock",
		"ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot",
		"sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control",
		"setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon",
		"bpf", "checkpoint_restore"}
	if bit < len(names) {
		return "cap_" + names[bit]
	}
	return strconv.Itoa(bit)
}
