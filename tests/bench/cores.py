#!/usr/bin/env python3
"""What integers save on application cores: cycles of a run by LLVM's model of each core, and the arena.

  cores.py [--record FILE] [--cores cortex-a53,…] MODEL…

A MODEL is an ONNX file or a model.yaml of int8; one called model.onnx is named after its folder. For each core
`tinycc explain --cycles --target c:cpu=CORE`, as its record says and with dot=none: in floats. The model knows
the pipeline, not caches. Nothing is run: tests/cross does that, under QEMU.
"""
import argparse
import datetime
import pathlib
import re

from common import TINYCC, commit, run, table

CORES = "cortex-a53,cortex-a55,cortex-a72,cortex-a76,cortex-a510,cortex-a710,neoverse-v1"
INTRODUCTION = """# Networks of int8 on 64-bit Arm cores

Written by the command below, not by hand. Thousands of cycles of a run by LLVM's scheduling models of the
cores (`tinycc explain --cycles`), which leave caches out; in brackets: with `dot=none`, in floats, and how many
times as many those are. Arena: bytes, likewise. SMULL with SADALP on Cortex-A53 and A72, SDOT on A55 and A76,
SMMLA on the others.

- `tests/bench/cores.py {names}`, {date}, {commit}

{table}
"""


def explained(model, target):
    """Cycles, bytes of the arena."""
    text = run(TINYCC, "explain", model, "--cycles", "--target", target)
    number = lambda pattern: int(re.findall(pattern, text)[-1].replace(",", ""))  # noqa: E731
    return number(r"([\d,]+) cycles"), number(r"arena ([\d,]+) bytes")


def row(model, name, cores):
    cells, arena = [name], ()
    for core in cores:
        (cycles, arena_now), (floats, arena_floats) = (explained(model, f"c:cpu={core}{more}")
                                                       for more in ("", ",dot=none"))
        cells.append(f"{cycles / 1000:,.0f} ({floats / 1000:,.0f}, {floats / cycles:.1f})")
        arena = arena or (arena_now, arena_floats)
    return [*cells, "{:,} ({:,})".format(*arena)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--cores", default=CORES)
    parser.add_argument("models", nargs="+", type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    cores = options.cores.split(",")
    names = [m.parent.name if m.name == "model.onnx" else m.stem for m in options.models]
    rows = [["", *cores, "arena"], *(row(m, n, cores) for m, n in zip(options.models, names))]
    files = " ".join(f"{n}/{m.name}" if m.name == "model.onnx" else m.name for m, n in zip(options.models, names))
    text = INTRODUCTION.format(names=files, date=datetime.date.today(), commit=commit(), table=table(rows))
    print(text)
    if options.record:
        options.record.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
