#!/usr/bin/env bash
# Makes docs/live-view.svg: the live view of a rolling update on hosts that are all this machine. It needs tmux and Go.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
tmux="tmux -S $work/socket -f /dev/null"
trap '$tmux kill-server 2>/dev/null || true; rm -rf "$work"' EXIT
go build -o "$work/muster" ./cmd/muster

cat >"$work/ansible.cfg" <<'END'
[defaults]
interpreter_python = /usr/bin/python3
END
cat >"$work/hosts.ini" <<'END'
[web]
web[1:24]
[db]
db[1:6]
[all:vars]
ansible_connection=local
END
cat >"$work/site.yml" <<'END'
- name: Roll out 2.4.0
  hosts: all
  gather_facts: false
  serial: [30]
  tasks:
    - {name: Stop the balancer from sending work, debug: {msg: out}}
    - {name: Fetch the release, command: "true"}
    - {name: Check the disk, command: "sh -c 'echo no space left on /srv >&2; exit 1'", when: "inventory_hostname in ['web7', 'web19']"}
    - {name: Unpack the release, command: "true", when: "'web' in group_names"}
    - {name: Write the configuration, copy: {dest: "{{ playbook_dir }}/{{ inventory_hostname }}", content: "x"}}
    - {name: Migrate the database, command: "sh -c 'test {{ inventory_hostname[-1] }} = 3 && sleep 60 || sleep 0.1'", when: "'db' in group_names"}
    - {name: Restart the service, command: "true"}
    - {name: Let the balancer send work, debug: {msg: in}}
END
$tmux new-session -d -x 110 -y 26 -c "$work" "TERM=screen-256color MUSTER_HISTORY=off MUSTER_JOURNAL=off ./muster run -i hosts.ini site.yml --tui"
for _ in $(seq 600); do
  if $tmux capture-pane -p | grep -q '1 running'; then
    $tmux capture-pane -p -e | go run ./internal/picture >docs/live-view.svg
    exit 0
  fi
  sleep 0.1
done
echo "the run did not come to its picture" >&2
exit 1
