"""Answers expressions, templates and conditions with the templar of the installed ansible-core.

The first line of the input holds the variables: {"trusted": {...}, "facts": {...}}; what is in facts came from a host and
is never a template. Each further line is a case {"kind", "src"}, answered by a line of JSON.
"""
import json
import os
import sys

from ansible.errors import AnsibleUndefinedVariable
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.conditional import Conditional
from ansible.template import AnsibleUndefined, Templar
from ansible.utils.unsafe_proxy import wrap_var
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Undefined


def describe(value, depth=0):
    """repr, with the wrappers of Ansible's strings taken off; a value that is undefined is an error."""
    if depth > 50:
        raise ValueError("too deep")
    if type(value) is Undefined and depth:
        return repr(value)
    if isinstance(value, Undefined):
        raise UndefinedError(value._undefined_message)
    if isinstance(value, dict):
        return "{" + ", ".join(describe(k, depth + 1) + ": " + describe(v, depth + 1) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(describe(v, depth + 1) for v in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(describe(v, depth + 1) for v in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, str):
        return repr(str(value))
    return repr(value)


def main():
    given = json.loads(sys.stdin.readline())
    variables = dict(given["trusted"])
    variables.update(wrap_var(given["facts"]))
    base = sys.argv[1]
    loader = DataLoader()
    loader.set_basedir(base)
    os.chdir(base)
    variables["ansible_search_path"] = [base]
    variables["playbook_dir"] = base
    variables["omit"] = "__omit_place_holder__"
    captured = []

    def capture(value):
        captured.append(value)
        return ""

    templar = Templar(loader=loader, variables={})
    templar.environment.filters["__capture"] = capture
    templar.environment.filters._seen_it.add("__capture")
    templar.environment.loader.searchpath = [os.path.join(base, "templates")]

    def json_copy(value):
        if isinstance(value, dict):
            return type(value)((k, json_copy(v)) for k, v in value.items())
        if isinstance(value, list):
            return type(value)(json_copy(v) for v in value)
        return value

    def answer(case):
        src = case["src"]
        own = json_copy(variables)  # no case sees what another one did to the variables
        own["vars"] = dict(own)
        templar.available_variables = own
        if case["kind"] == "expr":
            del captured[:]
            templar.template("{{ (" + src + ") | __capture }}")
            if not captured:
                raise UndefinedError("undefined, and found so while the text was compiled")
            value = captured[0]
            if type(value).__name__ in ("range", "dict_keys", "dict_values", "dict_items", "generator"):
                value = list(value)
            return describe(value)
        if case["kind"] == "render":
            return describe(templar.template(src))
        if case["kind"] == "file":
            return describe(templar.do_template(src, preserve_trailing_newlines=True, escape_backslashes=False))
        if case["kind"] == "cond":
            condition = Conditional(loader=loader)
            condition.when = [src]
            return describe(bool(condition.evaluate_conditional(templar, templar.available_variables)))
        raise ValueError(case["kind"])

    for line in sys.stdin:
        case = json.loads(line)
        try:
            out = {"ok": True, "repr": answer(case)}
        except (AnsibleUndefinedVariable, UndefinedError) as e:
            out = {"ok": False, "err": "undefined", "msg": str(e)}
        except RecursionError as e:
            out = {"ok": False, "err": "error", "msg": "recursion: " + str(e)}
        except Exception as e:  # noqa: every failure is an answer
            text = str(e)
            kind = "undefined" if "error while evaluating conditional" in text else "error"
            out = {"ok": False, "err": kind, "msg": text}
        print(json.dumps(out), flush=True)


main()
