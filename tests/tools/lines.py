#!/usr/bin/env python3
"""Prints how large the project is: primitive ops, lines by folder, lengths of functions."""

import re

from source import CORE, ROOT, function_lengths, tracked_files, without_comments_and_strings

SOURCE = {".cc", ".h", ".c", ".def", ".inc", ".proto"}
LINES_MAX = 500


def primitive_ops():
    """Rows of ir/ops.def: each is a macro of capitals with the op's name as first argument."""
    table = ROOT / "ir" / "ops.def"
    if not table.exists():
        return 0
    return len(re.findall(r"^TCC_[A-Z]+\(\w+", table.read_text(), re.M))


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def main():
    by_folder, too_long, lengths = {}, [], []
    for path in tracked_files():
        name = path.relative_to(ROOT)
        if path.suffix not in SOURCE:
            continue
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        code = sum(1 for line in without_comments_and_strings(text).split("\n") if line.strip())
        row = by_folder.setdefault(name.parts[0], [0, 0, 0])
        by_folder[name.parts[0]] = [row[0] + 1, row[1] + lines, row[2] + code]
        if name.parts[0] in CORE:
            lengths += [(length, f"{name}:{line}") for line, length in function_lengths(text)]
        if lines > LINES_MAX and path.suffix != ".def":
            too_long.append(f"{name} ({lines})")

    print(f"primitive ops: {primitive_ops()}\n")
    print(f"{'folder':<14}{'files':>7}{'lines':>8}{'code':>8}")
    core = [row for folder, row in by_folder.items() if folder in CORE]
    for folder, row in sorted(by_folder.items()) + [("core", [sum(c) for c in zip(*core)])]:
        print(f"{folder:<14}" + "".join(f"{n:>{w}}" for n, w in zip(row, (7, 8, 8))))
    sizes = [length for length, _ in lengths]
    print(f"\nfunctions in core: {len(sizes)}, median {percentile(sizes, 0.5)} lines, "
          f"95th percentile {percentile(sizes, 0.95)}")
    for length, where in sorted(lengths, reverse=True)[:5]:
        print(f"  {length:>4}  {where}")
    print(f"files over {LINES_MAX} lines: {len(too_long)}", *too_long)


if __name__ == "__main__":
    main()
