"""Answers questions about inventories with the installed ansible-core's ansible-inventory and inventory manager.

Each line of the input is a case: {"dir", "sources", "basedir", "password", "settings", "questions": [{"kind", ...}]}; it is
answered by a line {"unparsed": [source], "answers": [{"ok", "text", "msg"}]}.
"""
import json
import os
import sys

from ansible import constants as C
from ansible import context
from ansible.cli.inventory import InventoryCLI
from ansible.inventory.group import Group
from ansible.inventory.manager import split_host_pattern
from ansible.utils.context_objects import CLIArgs
from ansible.utils.display import Display

warnings = []
Display.warning = lambda self, msg, formatted=False: warnings.append(msg)
Display.deprecated = lambda self, *args, **kw: None


def remember(options):
    """Keeps the arguments of this case; ansible-core keeps those of the first one for as long as it lives."""
    context.CLIARGS = CLIArgs.from_options(options)


context._init_global_context = remember


def walk(self, rel, include_self=False, preserve_ordering=False):
    """Walks groups in the order of the sources. ansible-core walks sets, whose order changes from run to run."""
    ordered, seen, level = ([self] if include_self else []), set(), [self] if include_self else []
    level = level + [g for g in getattr(self, rel)]
    ordered += getattr(self, rel)
    while level:
        seen.update(level)
        deeper = {}
        for item in (i for g in level for i in getattr(g, rel)):
            if item not in seen:
                ordered.append(item)
                deeper[item] = True
        level = list(deeper)
    return ordered if preserve_ordering else seen


Group._walk_relationship = walk


def text_of(cli, question):
    flags = {"list": False, "host": None, "graph": False, "yaml": False, "toml": False, "show_vars": False, "export": False}
    flags.update(question.get("flags", {}))
    context.CLIARGS = CLIArgs({**context.CLIARGS, **flags, "pattern": question.get("group", "all")})
    if flags["host"]:
        hosts = cli.inventory.get_hosts(flags["host"])
        if len(hosts) != 1:
            raise ValueError("You must pass a single valid host to --host parameter")
        return cli.dump(cli._get_host_variables(host=hosts[0]))
    if flags["graph"]:
        return cli.inventory_graph()
    top = cli._get_group("all")
    if flags["yaml"]:
        return cli.dump(cli.yaml_inventory(top))
    if flags["toml"]:
        return cli.dump(cli.toml_inventory(top))
    return cli.dump(cli.json_inventory(top))


def hosts_of(cli, question):
    inventory = cli.inventory
    inventory._subset = None
    inventory.clear_caches()
    if question.get("limit"):
        inventory.subset(question["limit"])
    return "\n".join(h.name for h in inventory.get_hosts(question["pattern"]))


def answer(cli, question):
    if question["kind"] == "show":
        return text_of(cli, question)
    if question["kind"] == "hosts":
        return hosts_of(cli, question)
    if question["kind"] == "split":
        return "\n".join(split_host_pattern(question["pattern"]))
    raise ValueError(question["kind"])


def main():
    defaults = {name: getattr(C, name) for name in ("DEFAULT_HASH_BEHAVIOUR", "TRANSFORM_INVALID_GROUP_CHARS", "VARIABLE_PRECEDENCE")}
    for line in sys.stdin:
        case = json.loads(line)
        for name, value in {**defaults, **case.get("settings", {})}.items():
            setattr(C, name, value)
        os.chdir(case["dir"])
        del warnings[:]
        args = ["ansible-inventory", "--list"]
        for source in case["sources"]:
            args += ["-i", source]
        if case.get("basedir"):
            args += ["--playbook-dir", case["basedir"]]
        if case.get("password"):
            args += ["--vault-password-file", case["password"]]
        out = {"answers": []}
        try:
            cli = InventoryCLI(args)
            cli.parse()
            cli.loader, cli.inventory, cli.vm = cli._play_prereqs()
        except Exception as e:  # noqa: every failure is an answer
            out["failed"] = str(e)
            print(json.dumps(out), flush=True)
            continue
        except SystemExit as e:
            out["failed"] = "exit %s" % e
            print(json.dumps(out), flush=True)
            continue
        start, end = "Unable to parse ", " as an inventory source"
        out["unparsed"] = [w[len(start):-len(end)] for w in warnings if w.startswith(start) and w.endswith(end)]
        out["warnings"] = list(warnings)
        for question in case["questions"]:
            try:
                out["answers"].append({"ok": True, "text": answer(cli, question)})
            except RecursionError as e:
                out["answers"].append({"ok": False, "msg": "recursion"})
            except Exception as e:  # noqa: every failure is an answer
                out["answers"].append({"ok": False, "msg": str(e)})
        print(json.dumps(out), flush=True)


main()
