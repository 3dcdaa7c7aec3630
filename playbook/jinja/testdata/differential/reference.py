"""Answers expressions, templates and conditions with the templar of the installed ansible-core.

One JSON case a line on standard input: {"kind", "src"}; one JSON answer a line on standard output. The first line of the
input holds the variables.
"""
import json
import sys

from ansible.errors import AnsibleUndefinedVariable
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.conditional import Conditional
from ansible.template import AnsibleUndefined, Templar
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Undefined


def describe(value, depth=0):
    """repr, but sets are sorted, since Python promises no order."""
    if isinstance(value, Undefined):
        raise UndefinedError(value._undefined_message)
    if isinstance(value, dict):
        return "{" + ", ".join(describe(k) + ": " + describe(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(describe(v) for v in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(describe(v) for v in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, str):
        return repr(str(value))
    return repr(value)


def main():
    variables = json.loads(sys.stdin.readline())
    templar = Templar(loader=DataLoader(), variables=variables)
    captured = []

    def capture(value):
        captured.append(value)
        return ""

    templar.environment.filters["__capture"] = capture
    templar.environment.filters._seen_it.add("__capture")

    def answer(case):
        src = case["src"]
        if case["kind"] == "expr":
            del captured[:]
            templar.template("{{ (" + src + ") | __capture }}")
            value = captured[0]
            if not isinstance(value, (str, list, dict, tuple, int, float, type(None), Undefined)):
                if type(value).__name__ in ("range", "dict_keys", "dict_values", "dict_items", "generator"):
                    value = list(value)
            return describe(value)
        if case["kind"] == "render":
            return describe(templar.template(src))
        if case["kind"] == "file":
            return describe(templar.do_template(src, preserve_trailing_newlines=True, escape_backslashes=False))
        if case["kind"] == "cond":
            condition = Conditional(loader=DataLoader())
            condition.when = [src]
            return describe(bool(condition.evaluate_conditional(templar, variables)))
        raise ValueError(case["kind"])

    for line in sys.stdin:
        case = json.loads(line)
        try:
            out = {"ok": True, "repr": answer(case)}
        except (AnsibleUndefinedVariable, UndefinedError) as e:
            out = {"ok": False, "err": "undefined", "msg": str(e)}
        except Exception as e:  # noqa: every failure is an answer
            text = str(e)
            kind = "undefined" if "error while evaluating conditional" in text else "error"
            out = {"ok": False, "err": kind, "msg": text}
        print(json.dumps(out), flush=True)


main()
