package filters

// addCollections adds the filters of the collections under their full names. Those that Ansible once had itself keep
// their short names too.
func addCollections(all map[string]Func) {
	add := func(filters map[string]Func, short bool, collections ...string) {
		for name, fn := range filters {
			if short {
				all[name] = fn
			}
			for _, c := range collections {
				all[c+"."+name] = fn
			}
		}
	}
	add(addressFilters(), true, "ansible.utils", "ansible.netcommon")
	add(onceBuiltin(), true, "community.general")
	add(generalFilters(), false, "community.general")
	add(generalKeyFilters(), false, "community.general")
	add(utilsFilters(), false, "ansible.utils")
	all["ovirt.ovirt.json_query"] = all["json_query"]
}
