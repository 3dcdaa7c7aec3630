"""Starts pyinfra's command line from its source folder."""
from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from pyinfra_cli.main import cli  # noqa: E402

sys.argv = ["pyinfra", "-y", "inventory.py", "site.py"]
cli()
