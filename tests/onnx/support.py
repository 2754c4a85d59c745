#!/usr/bin/env python3
"""The table SUPPORT.md: what ONNX's operator tests say about each operator, version and type.

    support.py CASES            compares the table with the cases and official_failing.txt
    support.py CASES --write    writes it anew

Runs of official.py hold tinycc to official_failing.txt, in both directions: so the table is true as long as
they pass. CASES is the folder that official.py fills.
"""
import collections
import pathlib
import sys

import official
from official import onnx

TABLE = official.HERE / "SUPPORT.md"
HEAD = """# Which operators work

Written by `tests/onnx/support.py CASES --write` from ONNX {version}'s operator tests and their results; do not
edit. A row is an operator as it is since a version of its operator set, with the types of its first operand that
tests pass for. Operators of com.microsoft are tested in `tests/onnx/models` instead.

{passed} of {count} cases pass.
"""


def type_name(info):
    """'float', 'seq(string)'."""
    kind = info.type.WhichOneof("value")
    if kind in ("tensor_type", "sparse_tensor_type"):
        return onnx.TensorProto.DataType.Name(getattr(info.type, kind).elem_type).lower()
    inner = onnx.ValueInfoProto(type=getattr(info.type, kind).elem_type) if kind else None
    return f"{kind.split('_')[0]}({type_name(inner)})" if inner else "none"


def operators(model):
    """(domain, name, since, type of its first operand) of the nodes."""
    versions = {o.domain or "ai.onnx": o.version for o in model.opset_import}
    graph = model.graph
    types = {v.name: type_name(v) for v in [*graph.output, *graph.value_info, *graph.input]}
    types |= {t.name: onnx.TensorProto.DataType.Name(t.data_type).lower() for t in graph.initializer}
    for node in graph.node:
        domain = node.domain or "ai.onnx"
        try:
            schema = onnx.defs.get_schema(node.op_type, versions.get(domain, 1), "" if domain == "ai.onnx" else domain)
        except onnx.defs.SchemaError:
            continue  # a function of the model's own
        named = [n for n in [*node.input, *node.output] if types.get(n)]
        yield domain, node.op_type, schema.since_version, types[named[0]] if named else ""


class Row:
    def __init__(self):
        self.types, self.cases, self.reasons = set(), 0, collections.Counter()


def table(cases):
    """The text; a function's body written out (…_expanded) counts as one operator of its own."""
    failing, rows, passed = official.known_failures(), collections.defaultdict(Row), 0
    for case in cases:
        why = failing[case.name].split(maxsplit=1)[1] if case.name in failing else ""
        passed += not why
        found = {("ai.onnx", "(bodies of functions)", 0, "")}
        if not case.name.endswith("_expanded"):
            found = set(operators(onnx.load(case.folder / "model.onnx")))
        for key in {f[:3] for f in found}:
            rows[key].cases += 1
            rows[key].reasons[why] += bool(why)
        for *key, kind in found if not why else ():
            rows[tuple(key)].types.add(kind)
    lines = ["", "| operator | since | types | passed | else |", "|---|---|---|---|---|"]
    for (domain, name, since), row in sorted(rows.items()):
        reasons = sorted((why, n) for why, n in row.reasons.items() if n)
        lines.append(f"| {'' if domain == 'ai.onnx' else domain + '.'}{name} | {since or ''} | "
                     f"{' '.join(sorted(row.types - {''}))} | "
                     f"{row.cases - sum(n for _, n in reasons)} of {row.cases} | "
                     f"{'; '.join(f'{n}: {why}' for why, n in reasons)} |")
    head = HEAD.format(version=official.ONNX_VERSION, passed=passed, count=len(cases))
    return head + "\n".join(lines) + "\n"


def main():
    text = table(official.all_cases(pathlib.Path(sys.argv[1])))
    if "--write" in sys.argv:
        TABLE.write_text(text)
    elif not TABLE.exists() or TABLE.read_text() != text:
        sys.exit(f"{TABLE.name} is out of date: {' '.join(sys.argv)} --write")


if __name__ == "__main__":
    main()
