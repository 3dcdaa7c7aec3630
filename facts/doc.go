// Package facts gathers what a host is: distribution, hardware, network, users, time. It gives every fact the name,
// type and value that Ansible's setup module gives it, reading /proc, /sys, /etc and netlink where Ansible runs
// commands. Collectors never fail: what a machine does not tell is absent, and a throw-away root yields what it holds.
//
// Parsers are pure functions beside the readers that feed them.
//
// Known differences from Ansible, all deliberate:
//   - `python` and `python_version` describe the python3 in PATH, and are absent where there is none.
//   - facts of interfaces and bind mounts need neither ip nor findmnt on the host.
//   - lists that Ansible leaves in random order are sorted here.
//   - a name server that does not answer delays the fqdn by a second at most.
//   - `selinux.status` is "disabled" where Ansible says that a Python library is missing.
package facts
