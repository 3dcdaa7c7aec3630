package executor

import "github.com/musterhq/muster/internal/value"

// pluginVars are the variables that set the options of Ansible's plugins, by kind/plugin/option; a later one wins.
var pluginVars = map[string][]string{
	"connection/ssh/host":              {"inventory_hostname", "ansible_host", "ansible_ssh_host"},
	"connection/ssh/remote_user":       {"ansible_user", "ansible_ssh_user"},
	"connection/ssh/port":              {"ansible_port", "ansible_ssh_port"},
	"connection/ssh/password":          {"ansible_password", "ansible_ssh_pass", "ansible_ssh_password"},
	"connection/ssh/private_key_file":  {"ansible_private_key_file", "ansible_ssh_private_key_file"},
	"connection/ssh/ssh_args":          {"ansible_ssh_args"},
	"connection/ssh/ssh_common_args":   {"ansible_ssh_common_args"},
	"connection/ssh/ssh_extra_args":    {"ansible_ssh_extra_args"},
	"connection/ssh/timeout":           {"ansible_ssh_timeout"},
	"connection/ssh/host_key_checking": {"ansible_host_key_checking", "ansible_ssh_host_key_checking"},
	"connection/ssh/pipelining":        {"ansible_pipelining", "ansible_ssh_pipelining"},
	"shell/sh/remote_tmp":              {"ansible_remote_tmp"},
	"become/sudo/become_user":          {"ansible_become_user", "ansible_sudo_user"},
	"become/sudo/become_flags":         {"ansible_become_flags", "ansible_sudo_flags"},
}

// pluginOption is the value that variables give to an option of a plugin, and which of them does.
func (s *scope) pluginOption(key string) (v any, origin string, ok bool, err error) {
	names := pluginVars[key]
	for i := len(names) - 1; i >= 0; i-- {
		raw, has := s.Lookup(names[i])
		if !has {
			continue
		}
		if v, err = s.render(raw); err != nil {
			return nil, "", false, err
		}
		if n, isNumber := toInt(v); isNumber && numericOption(key) {
			v = n
		}
		return value.From(v), "var: " + names[i], true, nil
	}
	return nil, "", false, nil
}

func numericOption(key string) bool {
	return key == "connection/ssh/port" || key == "connection/ssh/timeout"
}
