"""Starts pyinfra's command line from its source folder."""
from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

import inventory  # noqa: E402
from pyinfra_cli.main import cli  # noqa: E402

if not inventory.lab:
    sys.exit("../hosts.ini names no host: pyinfra would run on nothing")
sys.argv = ["pyinfra", "-y", "inventory.py", "site.py"]
cli()
