"""The hosts of an INI inventory that bench/compare wrote, for pyinfra."""
import os
import re

lab = []
for line in open("../hosts.ini"):
    found = re.match(r"(\S+) ansible_host=(\S+)(?: ansible_port=(\d+))?", line)
    if found:
        name, address, port = found.groups()
        lab.append((address, {
            "ssh_port": int(port or 22), "ssh_user": "root", "ssh_key": os.environ["LAB_KEY"],
            "ssh_strict_host_key_checking": "no", "ssh_known_hosts_file": "/dev/null", "name": name,
        }))
