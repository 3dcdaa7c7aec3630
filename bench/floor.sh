#!/bin/sh
# The floor: what a host itself must do to check the reference play, written by hand as one script.
id -g appsvc; id -u appsvc
cd /srv/app && stat -c '%U %G %a' . releases shared shared/log shared/tmp shared/config
sha1sum shared/config/app.conf shared/config/env releases/payload.bin /etc/motd /etc/systemd/system/app.service
readlink current
grep -c swappiness /etc/sysctl.conf
grep -c nofile /etc/security/limits.conf
systemctl is-active app
systemctl is-enabled app
systemctl daemon-reload
uname -r
wc -l </etc/passwd
crontab -l -u root
grep -E 'MaxAuthTries|X11Forwarding|ClientAlive' /etc/ssh/sshd_config
systemctl list-units --type=service --all --no-legend --plain | wc -l
