#!/usr/bin/env python3
"""What networks for microcontrollers take on Cortex-M4, M7 and M55: samples/cortex-m for each, as a page.

  mlperf_tiny.py [--record FILE] [--title TEXT] [--boards an386,…] [--tflite FOLDER] MODEL…

A MODEL is an ONNX file or a model.yaml; one called model.onnx is named after its folder. --record replaces
the section called TEXT of FILE, or adds it. All runs under QEMU: instructions are counted, not cycles. --layers adds a table of
them for each network. Beside it, where they are to be had:
  Clang           where $CLANG (clang-19) is: the model's library by it, with the same flags
  emx-onnx-cgen   where that program is in $PATH: the same MODEL, the same compiler and flags, on Cortex-M4,
                  all temporaries on the stack
  TFLite Micro    of --tflite FOLDER, NAME.tflite for a MODEL of that name: the arena that its interpreter
                  says it used (Python's tflite-micro, on this machine: pointers are of 8 bytes)
"""
import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from common import ROOT, TINYCC, commit, table

sys.path.insert(0, str(ROOT / "tests" / "tools"))
import stack  # noqa: E402

CORES = {"an386": "Cortex-M4", "an500": "Cortex-M7", "an547": "Cortex-M55"}
CLANG = os.environ.get("CLANG", "clang-19")
HEAD = ["", "RAM", "at least", "flash", "code", "stack", "instructions", "a MAC", "by Clang", "a MAC", "self-test"]
PEER_HEAD = ["", "emx RAM", "flash", "instructions", "a MAC", "TFLM arena", "of it tensors"]
HARNESS = """#include "{source}"
#include <stdio.h>
double tinycc_rt_microseconds(void);
{objects}
int main(void)
{{
    double start = 0.0;
    for (volatile int k = 0; k < 1000; ++k) {{ /* until the timer has been loaded */
    }}
    start = tinycc_rt_microseconds();
    model({arguments});
    printf("%.0f\\n", tinycc_rt_microseconds() - start);
    return 0;
}}
"""
TFLM = """import sys, numpy
from tflite_micro.python.tflite_micro import runtime
i = runtime.Interpreter.from_file(sys.argv[1])
d = i.get_input_details(0)
i.set_input(numpy.zeros(d["shape"], d["dtype"]), 0)
i.invoke()
i.print_allocations()
"""


def name_of(model):
    return model.parent.name if model.name == "model.onnx" else model.stem


def attempt(*command):
    """(did it succeed, what it printed)."""
    try:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=1800)
    except subprocess.TimeoutExpired:
        return False, "no end"
    return done.returncode == 0, done.stdout + done.stderr


class Board:
    """A copy of samples/cortex-m, for one board."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder / name
        shutil.copytree(ROOT / "samples" / "cortex-m", self.folder, ignore=shutil.ignore_patterns("build"))
        self.out = self.folder / "build" / name / "net"

    def make(self, model, *goals):
        return attempt("make", "-C", self.folder, *goals, f"BOARD={self.name}", f"TINYCC={TINYCC}", f"MODEL={model}")

    def setting(self, variable):
        """The value of a variable of the Makefile."""
        show = f"--eval=distclean:;@echo '{variable}=$({variable})'"  # a goal that compiles no model
        done, text = attempt("make", "-sC", self.folder, f"BOARD={self.name}", f"TINYCC={TINYCC}", show, "distclean")
        return re.search(f"^{variable}=(.*)$", text, re.M)[1].split() if done else sys.exit(text)


def sizes(library):
    """(bytes of code, of code and constants)."""
    done, text = attempt("arm-none-eabi-size", "-A", library)
    rows = [row.split() for row in text.splitlines() if row.startswith(".")] if done else sys.exit(text)
    code = sum(int(row[1]) for row in rows if row[0].startswith(".text"))
    return code, code + sum(int(row[1]) for row in rows if row[0].startswith((".rodata", ".data")))


def counts(text):
    """Instructions of net_run, and of each step, in order, as net_bench prints them."""
    rows = [line.split() for line in text.split("\nstep ", 1)[1].split("\n")[1:]]
    end = next(i for i, row in enumerate(rows) if row[:1] == ["sum"])
    total = next(row for row in rows if row[:1] == ["net_run"])
    return int(float(total[2])), [int(float(row[1])) for row in rows[:end]]


def library(board, suffix):
    """Files of the model's library."""
    return [path for path in board.out.glob(f"net*{suffix}") if not re.search("_(test|bench|cli)$", path.stem)]


def by_clang(board, model):
    """The same of a library that Clang compiled; nothing where there is none."""
    if not shutil.which(CLANG):
        return None
    flags = [flag for flag in board.setting("FLAGS") if not flag.startswith("-fcallgraph-info")]
    include = pathlib.Path(attempt("arm-none-eabi-gcc", "-print-sysroot")[1].strip()) / "include"
    for source in library(board, ".c"):
        done, text = attempt(CLANG, "--target=arm-none-eabi", *flags, "-fshort-enums", "-isystem", include,
                             "-std=c99", f"-I{board.out}", "-c", "-o", source.with_suffix(".o"), source)
        if not done:
            sys.exit(f"{model} on {board.name} by {CLANG}:\n{text}")
    counted, bench = board.make(model, "count")
    passed, text = board.make(model, "run")
    return counts(bench) if counted and passed else sys.exit(bench + text)


def a_mac(instructions, macs):
    return f"{instructions / macs:.2f}"


def measure(board, model):
    """A row of the table, the model's multiply-accumulates, and (kernel, MACs, instructions) of each step."""
    passed, text = board.make(model, "run")
    if not (board.out / "libnet.a").exists():
        sys.exit(f"{model} on {board.name}:\n{text}")
    report = json.loads((board.out / "report.json").read_text())
    counted, bench = board.make(model, "count")
    instructions, steps = counts(bench) if counted else sys.exit(bench)
    graph = library(board, ".ci")
    code, flash = sizes(board.out / "libnet.a")
    deepest, macs = stack.deepest("net_run", *stack.read(graph))[0], report["macs"]
    clang = by_clang(board, model)
    if clang:
        steps = [min(pair) for pair in zip(steps, clang[1])]
    of_kernel = {kernel["name"].removeprefix("net_"): kernel["macs"] for kernel in report["kernels"]}
    layers = [(step["kernel"], step["nodes"][0], of_kernel[step["kernel"]], n)
              for step, n in zip(report["steps"], steps)]
    return [report["arena_bytes"], report["arena_bound_bytes"], flash, code, deepest,
            instructions, a_mac(instructions, macs), *([clang[0], a_mac(clang[0], macs)] if clang else ["", ""]),
            "passed" if passed else "FAILED"], macs, layers


def emx(board, model, macs):
    """RAM, flash, instructions of emx-onnx-cgen's code on a board."""
    folder = board.folder / "emx"
    folder.mkdir(exist_ok=True)
    source = folder / "emx.c"
    done, _ = attempt("emx-onnx-cgen", "compile", model, source, "--large-temp-threshold", 0,
                      "--large-weight-threshold", 0)
    if not done:
        return ["refused", "", "", ""]
    signature = re.search(r"^void model\((.*)\)", source.read_text(), re.M)[1]
    parameters = re.findall(r"(?:const )?(\w+) (\w+)\[restrict (\d+)\]((?:\[\d+\])*)", signature)
    (folder / "main.c").write_text(HARNESS.format(
        source=source, arguments=", ".join(name for _, name, _, _ in parameters),
        objects="\n".join(f"static {t} {name}[{first}]{rest};" for t, name, first, rest in parameters)))
    gcc = ["arm-none-eabi-gcc", *board.setting("FLAGS")]
    done, text = attempt(*gcc, "-w", "-c", "-o", folder / "main.o", folder / "main.c")
    board_o = board.folder / "build" / board.name / "board.o"
    link = [flag for flag in board.setting("LINK") if flag]
    done = done and board.make(model, board_o.relative_to(board.folder))[0]
    done = done and attempt(*gcc, *link, "-o", folder / "emx", folder / "main.o", board_o, "-lm")[0]
    ran, text = attempt("timeout", "900", *board.setting("QEMU"), folder / "emx") if done else (False, "")
    code, flash = sizes(folder / "main.o") if (folder / "main.o").exists() else (0, 0)
    graph = folder / "main.ci"
    ram = stack.deepest("model", *stack.read([graph]))[0] if graph.exists() else ""
    return [ram, flash, int(text) if ran else "fails", f"{int(text) / macs:.2f}" if ran else ""]


def tflm(path):
    """What TFLite Micro's interpreter takes: the arena, and how much of it are tensors."""
    done, text = attempt(sys.executable, "-c", TFLM, path) if path.exists() else (False, "")
    if not done:
        return ["refused" if path.exists() else "", ""]
    return [int(re.search(rf"Arena allocation {word} (\d+)", text)[1]) for word in ("total", "head")]


def text_of(row):
    return [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]


def page(options, folder):
    macs, lines, layers = {}, [], {model: {} for model in options.models}
    for name in options.boards.split(","):
        board, rows = Board(name, folder), [HEAD]
        for model in options.models:
            row, macs[model], layers[model][CORES[name]] = measure(board, model)
            rows.append(text_of([name_of(model), *row]))
        lines += [f"### {CORES[name]}", "", table(rows), ""]
    rows = [PEER_HEAD]
    for model in options.models:
        beside = emx(Board("an386", folder / name_of(model)), model, macs[model]) if shutil.which("emx-onnx-cgen") \
            else [""] * 4
        rows.append(text_of([name_of(model), *beside, *tflm(options.tflite / f"{name_of(model)}.tflite")]))
    lines += ["### Peers", "", table(rows), ""]
    for model in options.models if options.layers else []:
        lines += [f"### Layers of {name_of(model)}, instructions a MAC", "",
                  table(layer_rows(layers[model], macs[model])), ""]
    return "\n".join(lines)


def layer_rows(cores, all_macs):
    """Steps with a hundredth of the multiply-accumulates at least: those of each core, in order."""
    rows = [["first node", "MACs", *cores]]
    for steps in zip(*cores.values()):
        _, node, macs, _ = steps[0]
        if macs * 100 >= all_macs and all(step[1] == node for step in steps):
            rows.append([node, f"{macs:,}", *(a_mac(n, macs) for _, _, _, n in steps)])
    return rows


INTRODUCTION = """# MLPerf Tiny's networks on Cortex-M

Written by the commands below, not by hand. Bytes; RAM is the arena, beside which a run needs its inputs,
its outputs and the stack; at least: the largest working set of one step. Flash is code and constants of
the library, by GCC. Stack is that of NAME_run and all that it calls, by GCC's call graph. Instructions are
those of a run under QEMU, where each counts one; a MAC is one multiply-accumulate of the model. By Clang:
the library is. Layers: the better of both.

Peers: emx-onnx-cgen's code (`--large-temp-threshold 0 --large-weight-threshold 0`) is compiled by the same
compiler with the same flags for Cortex-M4; its RAM is its stack. TFLite Micro's arena is what its
interpreter says on a PC (`print_allocations()`) for MLPerf Tiny's own .tflite files; to it comes the
interpreter's code. What says refused does not load there, or is not compiled. onnx2c, which is in no
package registry, was not measured.
"""
SECTION = """
- `{command}`, {date}, {commit}
- {gcc}{clang}, -O2; prefer=ram; {qemu}{peers}

{page}"""


def peers():
    """Versions of those that Python has."""
    found = {d.metadata["Name"].replace("_", "-"): d.version for d in importlib.metadata.distributions()}
    return "".join(f"; {name} {found[name]}" for name in ("emx-onnx-cgen", "tflite-micro") if name in found)


def section(options, folder):
    version = lambda tool: attempt(tool, "--version")[1].splitlines()[0]  # noqa: E731
    names = [f"{name_of(m)}/{m.name}" if m.name == "model.onnx" else m.name for m in options.models]
    return SECTION.format(command=" ".join(["tests/bench/mlperf_tiny.py --title", options.title,
                                            *(["--layers"] if options.layers else []), *names]),
                          date=datetime.date.today(), commit=commit(), gcc=version("arm-none-eabi-gcc"),
                          clang="; " + version(CLANG) if shutil.which(CLANG) else "",
                          qemu=version("qemu-system-arm"), peers=peers(), page=page(options, folder))


def recorded(old, title, text):
    """The page with this section."""
    sections = dict(part.split("\n", 1) for part in old.split("\n## ")[1:])
    sections[title] = text.rstrip("\n") + "\n"
    return INTRODUCTION + "".join(f"\n## {name}\n{body}" for name, body in sections.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--title", default="Networks")
    parser.add_argument("--boards", default=",".join(CORES))
    parser.add_argument("--layers", action="store_true")
    parser.add_argument("--tflite", type=pathlib.Path, default=pathlib.Path("none"))
    parser.add_argument("models", nargs="+", type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = section(options, pathlib.Path(folder))
    print(text)
    if options.record:
        old = options.record.read_text(encoding="utf-8") if options.record.exists() else ""
        options.record.write_text(recorded(old, options.title, text), encoding="utf-8")


if __name__ == "__main__":
    main()
