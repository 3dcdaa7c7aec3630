"""The reference play in pyinfra's own operations, for bench/compare."""
from io import StringIO

from pyinfra import host, inventory
from pyinfra.facts.hardware import Cpus
from pyinfra.facts.server import Kernel, LinuxDistribution
from pyinfra.operations import files, server, systemd

ROOT, USER = "/srv/app", "appsvc"
DIRS = ["releases", "shared", "shared/log", "shared/tmp", "shared/config"]
UNIT = "[Unit]\nDescription=app\n[Service]\nExecStart=/bin/sleep infinity\nUser=appsvc\n[Install]\nWantedBy=multi-user.target\n"

server.group(group=USER, system=True)
server.user(user=USER, group=USER, system=True, home=ROOT, shell="/usr/sbin/nologin", ensure_home=False)
files.directory(path=ROOT, user=USER, group=USER, mode="755")
for name in DIRS:
    files.directory(path=f"{ROOT}/{name}", user=USER, mode="750")
files.template(
    src="app.conf.j2", dest=f"{ROOT}/shared/config/app.conf", user=USER, mode="640",
    dirs=DIRS, root=ROOT, port=8080, hosts=[h.name for h in inventory], cpus=host.get_fact(Cpus),
)
files.put(src=StringIO("LOG_LEVEL=info\nWORKERS=4\nREGION=eu-1\n"), dest=f"{ROOT}/shared/config/env", mode="640")
files.put(src="../files/payload.bin", dest=f"{ROOT}/releases/payload.bin", mode="644")
files.link(path=f"{ROOT}/current", target=f"{ROOT}/releases")
files.line(path="/etc/sysctl.conf", line="^#?vm.swappiness.*", replace="vm.swappiness = 10")
files.block(path="/etc/security/limits.conf", content=f"{USER} soft nofile 65536\n{USER} hard nofile 65536")
files.put(src=StringIO(f"{host.name} managed\n"), dest="/etc/motd")
files.put(src=StringIO(UNIT), dest="/etc/systemd/system/app.service")
systemd.service(service="app", running=True, enabled=True, daemon_reload=True)
host.get_fact(Kernel)
host.get_fact(LinuxDistribution)
server.crontab(command="/bin/true", minute="5", hour="3", user="root")
for key, value in (("MaxAuthTries", "4"), ("X11Forwarding", "no"), ("ClientAliveInterval", "60")):
    files.line(path="/etc/ssh/sshd_config", line=f"^#?{key} .*", replace=f"{key} {value}")
server.shell(commands=["cat /etc/passwd | wc -l"])
