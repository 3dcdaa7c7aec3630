package systemd

import (
	"fmt"
	"strings"
)

// capabilityNames are the kernel's capabilities by number.
func capabilityNames() []string {
	return strings.Fields(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable
net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct
sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap
mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`)
}

func capabilities(set uint64) string {
	var out []string
	for i, name := range capabilityNames() {
		if set>>i&1 == 1 {
			out = append(out, "cap_"+name)
		}
	}
	return strings.Join(out, " ")
}

// namespaces writes the set of namespaces that a unit may create: "no" restricts nothing, "yes" allows none.
func namespaces(set uint64) string {
	kinds := []struct {
		bit  uint64
		name string
	}{{0x02000000, "cgroup"}, {0x08000000, "ipc"}, {0x40000000, "net"}, {0x00020000, "mnt"}, {0x20000000, "pid"},
		{0x10000000, "user"}, {0x04000000, "uts"}}
	var out []string
	all := uint64(0)
	for _, k := range kinds {
		all |= k.bit
		if set&k.bit != 0 {
			out = append(out, k.name)
		}
	}
	switch {
	case set&all == all:
		return "no"
	case set&all == 0:
		return "yes"
	default:
		return strings.Join(out, " ")
	}
}

// mountFlags names a unit's mount propagation.
func mountFlags(x uint64) (string, bool) {
	switch x {
	case 0:
		return "", false
	case 1 << 20:
		return "shared", true
	case 1 << 19:
		return "slave", true
	case 1 << 18:
		return "private", true
	default:
		return fmt.Sprintf("0x%x", x), true
	}
}
