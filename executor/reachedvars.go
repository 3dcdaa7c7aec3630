package executor

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

// reachedNames are the variables that say how a host is reached, under both of their names.
var reachedNames = map[string]string{
	"ansible_host": "host", "ansible_ssh_host": "host", "ansible_user": "user", "ansible_ssh_user": "user",
	"ansible_port": "port", "ansible_ssh_port": "port", "ansible_connection": "connection",
	"ansible_timeout": "timeout", "ansible_ssh_timeout": "timeout",
	"ansible_private_key_file": "key", "ansible_ssh_private_key_file": "key",
}

// reached answers a variable that says how a host is reached where nobody set it: within a task Ansible tells what it makes
// of keywords and settings, for the host that the task is delegated to.
func (s *scope) reached(name string) (any, bool) {
	what, ok := reachedNames[name]
	if !ok || s.bare || s.task == nil || s.host == nil || s.play == nil {
		return nil, false
	}
	set := *s
	set.bare, set.ctx = true, nil // what keywords say may look at the very variable
	r := &resolver{v: connVars{task: s.task, scope: &set}}
	if to, err := r.v.keyword("delegate_to"); err == nil && to != nil && to != jinja.Omit && to != "" {
		set.host, set.inv, set.ctx = s.x.hosts.get(value.Str(to)), nil, nil
	}
	d := s.x.o.Defaults
	var text string
	switch what {
	case "host":
		text = r.text("", set.host.name, "ansible_host", "ansible_ssh_host")
	case "user":
		text = r.text("remote_user", d.User, "ansible_user", "ansible_ssh_user")
	case "port":
		text = r.text("", "", "ansible_port", "ansible_ssh_port")
	case "connection":
		text = r.text("connection", orElse(d.Connection, "ssh"), "ansible_connection")
		if text == "smart" {
			text = "ssh"
		}
	case "key":
		text = r.text("", d.KeyFile, "ansible_private_key_file", "ansible_ssh_private_key_file")
	case "timeout":
		text = r.text("", value.Str(int(d.Timeout.Seconds())), "ansible_timeout", "ansible_ssh_timeout")
	}
	if r.err != nil || text == "" {
		return nil, false
	}
	if n, ok := toInt(text); ok && (what == "port" || what == "timeout") {
		return n, true
	}
	return text, true
}
