package facts

// collector gathers one subset of the facts.
type collector struct {
	name   string
	ids    []string // names of facts that select the collector too
	needs  []string // collectors whose facts come along
	min    bool     // part of the subset min
	gather func(*gathering) map[string]any
}

// collectors returns every collector, those that others need first. A new one is one line here.
func collectors() []collector {
	return []collector{
		{name: "platform", min: true, gather: func(g *gathering) map[string]any { return g.platformFacts() },
			ids: []string{"system", "kernel", "kernel_version", "machine", "python_version", "architecture", "machine_id"}},
		{name: "distribution", min: true, gather: func(g *gathering) map[string]any { return g.distribution() },
			ids: []string{"distribution_version", "distribution_release", "distribution_major_version", "os_family"}},
		{name: "lsb", min: true, gather: (*gathering).lsb},
		{name: "selinux", min: true, gather: (*gathering).selinux},
		{name: "apparmor", min: true, gather: (*gathering).apparmor},
		{name: "chroot", ids: []string{"is_chroot"}, gather: (*gathering).chroot},
		{name: "fips", min: true, gather: (*gathering).fips},
		{name: "python", min: true, gather: (*gathering).python},
		{name: "caps", min: true, gather: (*gathering).caps,
			ids: []string{"system_capabilities", "system_capabilities_enforced"}},
		{name: "pkg_mgr", min: true, needs: []string{"distribution"}, gather: (*gathering).pkgMgr},
		{name: "service_mgr", min: true, needs: []string{"platform", "distribution"}, gather: (*gathering).serviceMgr},
		{name: "cmdline", min: true, gather: (*gathering).cmdline},
		{name: "date_time", min: true, gather: (*gathering).dateTime},
		{name: "env", min: true, gather: (*gathering).env},
		{name: "loadavg", gather: (*gathering).loadavg},
		{name: "ssh_pub_keys", min: true, gather: (*gathering).sshKeys,
			ids: []string{"ssh_host_pub_keys", "ssh_host_key_dsa_public", "ssh_host_key_rsa_public",
				"ssh_host_key_ecdsa_public", "ssh_host_key_ed25519_public"}},
		{name: "user", min: true, gather: (*gathering).user,
			ids: []string{"user_id", "user_uid", "user_gid", "user_gecos", "user_dir", "user_shell", "real_user_id",
				"effective_user_id", "effective_group_ids"}},
		{name: "virtual", gather: (*gathering).virtual,
			ids: []string{"virtualization_type", "virtualization_role", "virtualization_tech_guest",
				"virtualization_tech_host"}},
		{name: "hardware", needs: []string{"platform"}, gather: (*gathering).hardware,
			ids: []string{"processor", "processor_cores", "processor_count", "mounts", "devices"}},
		{name: "dns", min: true, gather: (*gathering).dns},
		{name: "fibre_channel_wwn", gather: (*gathering).fibreChannel},
		{name: "network", needs: []string{"distribution", "platform"}, gather: (*gathering).network,
			ids: []string{"interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"}},
		{name: "iscsi", gather: (*gathering).iscsi},
		{name: "nvme", gather: (*gathering).nvme},
		{name: "local", min: true, gather: (*gathering).local},
		// Programs of their own, whose facts this tool leaves to them: the names are accepted and select nothing.
		{name: "facter", gather: (*gathering).none},
		{name: "ohai", gather: (*gathering).none},
	}
}

func (g *gathering) none() map[string]any { return nil }
