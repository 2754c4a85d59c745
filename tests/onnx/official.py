#!/usr/bin/env python3
"""ONNX's own operator tests: many cases become one program, whose outputs are compared with ONNX's.

    official.py CASES                     all cases; CASES: a folder for them, filled if it is not there
    official.py CASES --part 3/8          every eighth case, from the fourth on
    official.py CASES --match 'resize'    those whose name a regular expression finds

Needs Python's onnx (the version below), which makes the cases, and numpy and ml_dtypes. Each case is
compiled to C99; a batch of them is built by one call of $CC (gcc) with all warnings as errors, and run.
official_failing.txt lists the cases that are known to fail, with the reason: another one that fails, or
one of them that passes, is an error.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ONNX_VERSION = "1.23.2"
SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
TINYCC = os.environ.get("TINYCC", "build/tinycc")
CC = os.environ.get("CC", "gcc").split()
FLAGS = "-std=c99 -O0 -Wall -Wextra -Wpedantic -Werror".split()
FLAGS += os.environ.get("OFFICIAL_CFLAGS", "").split()
BATCH = 40

try:
    import ml_dtypes
    import numpy as np
    import onnx
    from onnx import numpy_helper
except ImportError as e:
    print(f"skipped: {e}; ./dev setup installs it (PYTHON names another interpreter)")
    sys.exit(SKIPPED)


# ---- the cases ----------------------------------------------------------------------------------

def make_cases(folder):
    """A folder for each case: model.onnx, input_K.pb and output_K.pb of its first data set."""
    from onnx.backend.test.loader import load_model_tests
    from onnx.backend.test.case.node import collect_testcases
    for case in collect_testcases(None):
        if case.data_sets:
            write_case(folder / case.kind / case.name, case.model, *case.data_sets[0])
            (folder / case.kind / case.name / "tolerance").write_text(f"{case.rtol} {case.atol}\n")
    for kind in ("simple", "pytorch-converted", "pytorch-operator"):
        for case in load_model_tests(kind=kind):
            link = folder / kind / case.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(case.model_dir)
    (folder / "complete").write_text(onnx.__version__ + "\n")


def as_proto(value, info):
    if isinstance(value, onnx.TensorProto):
        return value
    kind = info.type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.from_list(list(value), info.name)
    if kind == "optional_type":
        return numpy_helper.from_optional(value, info.name)
    return numpy_helper.from_array(np.asarray(value), info.name)


def write_case(folder, model, inputs, outputs):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    for word, values, infos in (("input", inputs, model.graph.input), ("output", outputs, model.graph.output)):
        for k, (value, info) in enumerate(zip(values, infos)):
            if value is not None:
                (data / f"{word}_{k}.pb").write_bytes(as_proto(value, info).SerializeToString())


def load(path, info):
    """A tensor, a list of them, or None."""
    kind = info.type.WhichOneof("value")
    message, convert = {"sequence_type": (onnx.SequenceProto, numpy_helper.to_list),
                        "optional_type": (onnx.OptionalProto, numpy_helper.to_optional),
                        "tensor_type": (onnx.TensorProto, numpy_helper.to_array)}[kind]
    value = message()
    value.ParseFromString(path.read_bytes())
    return convert(value)


def plain(array):
    """As the C interface holds it: one element of at least a byte, bit patterns where C has no type."""
    array = np.asarray(array)
    if array.dtype.kind in "OU":
        return np.array([s.encode() if isinstance(s, str) else s for s in array.ravel()], "S").reshape(array.shape)
    if array.dtype.name in ("int4", "int2"):
        return array.astype(np.int8)
    if array.dtype.name in ("uint4", "uint2"):
        return array.astype(np.uint8)
    return array


# ---- from a case to C ---------------------------------------------------------------------------

class Case:
    def __init__(self, folder, number):
        self.folder = folder
        self.name = f"{folder.parent.name}/{folder.name}"
        self.ident = f"case_{number}"
        self.why = ""
        self.data = folder / "test_data_set_0"

    def compile(self, scratch):
        self.out = scratch / self.ident
        done = subprocess.run([TINYCC, self.folder / "model.onnx", "-o", self.out, "--name", self.ident,
                               "--target", "c:dialect=iso"], capture_output=True, text=True)
        if done.returncode != 0:
            self.why = done.stderr.strip().replace("\n", " ")
        return done.returncode == 0

    def slots(self, name, ports):
        """(first port, kind, rows, greatest rank) of each value of the model's own."""
        if f"slot {name}_slots[] =" not in self.cli:
            return [(k, "TENSOR", 0, 0) for k in range(len(ports))]
        rows = re.findall(r"\{(\d+), (\w+), (\d+)u, \d+u, (\d+),",
                          self.cli[self.cli.index(f"slot {name}_slots[] ="):].split("};")[0])
        return [(int(port), kind, int(most), int(ranks)) for port, kind, most, ranks in rows]

    def ports(self, name):
        """(member, bytes, numpy type, bounds) of each row of the table in the CLI."""
        rows = re.findall(r'\{"[^\n]*?", "\'([<|]\w+)\'",\s+"(\([^)]*\))",\s+&(\w+\.\w+),\s+(\d+)u',
                          self.cli[self.cli.index(f"port {name}_ports[]"):].split("};")[0])
        return [(member, int(size), np.dtype(t), [int(n) for n in re.findall(r"\d+", shape)])
                for t, shape, member, size in rows]

    def harness(self):
        """A C function that reads the inputs from a file, runs the model, and writes the outputs."""
        self.cli = (self.out / f"{self.ident}_cli.c").read_text()
        self.inputs = self.ports("in") if "port in_ports[]" in self.cli else []
        self.outputs = self.ports("out")
        blocks = re.findall(r"static struct \{.*?\} (?:in|out);", self.cli, re.S)
        values = re.findall(rf"const {self.ident}_(?:in|out)puts (?:in|out)puts = \{{.*?\}};", self.cli, re.S)
        reads = "".join(f"if (fread(&{m}, 1, {n}u, from) != {n}u) return 1;\n" for m, n, _, _ in self.inputs if n)
        writes = "".join(f"(void)fwrite(&{m}, 1, {n}u, to);\n" for m, n, _, _ in self.outputs if n)
        weights = self.out / f"{self.ident}_weights.c"
        return "".join([
            f'#include "{self.out}/{self.ident}.c"\n',
            f'#include "{weights}"\n' if weights.exists() else "",
            f"static int run_{self.ident}(FILE *from, FILE *to)\n{{\n",
            f"static {self.ident}_arena arena;\n", "\n".join(blocks + values), "\n",
            "(void)from;\n(void)to;\n", reads,
            f"if ({self.ident}_run(&inputs, &outputs, &arena) != 0) return 1;\n", writes, "return 0;\n}\n"])

    def write_inputs(self, path):
        graph = onnx.load(self.folder / "model.onnx").graph
        given = {i.name for i in graph.initializer}
        infos = [i for i in graph.input if i.name not in given]
        with open(path, "wb") as f:
            for k, (port, kind, rows, ranks) in enumerate(self.slots("in", self.inputs)):
                file = self.data / f"input_{k}.pb"
                value = load(file, infos[k]) if file.exists() else None
                if kind == "TENSOR":
                    parts = [plain(value).astype(self.inputs[port][2]) if self.inputs[port][2].kind == "S" else plain(value)]
                else:
                    cells = self.inputs[port][1] // (rows * self.inputs[port][2].itemsize)
                    parts = packed(value, kind, rows, cells, ranks, self.inputs[port][2])
                for part, (_, size, _, _) in zip(parts, self.inputs[port:]):
                    if part.nbytes != size:
                        raise ValueError(f"input {k} has {part.nbytes} bytes, not {size}")
                    f.write(part.tobytes())

    def tolerance(self):
        file = self.folder / "tolerance"
        return tuple(float(t) for t in file.read_text().split()) if file.exists() else (1e-3, 1e-7)

    def compare(self, path):
        data, at, got = path.read_bytes(), 0, []
        for _, size, dtype, bounds in self.outputs:
            got.append(np.frombuffer(data[at:at + size], dtype).reshape(bounds))
            at += size
        lengths = re.findall(r"\{(\d+), \d+, \d+u, \{[^}]*\}, \{([^}]*)\}\}",
                             self.cli[self.cli.index("varying_ports[] ="):] if "varying_ports[] =" in self.cli else "")
        members = [member for member, _, _, _ in self.outputs]
        for port, axes in lengths:
            for axis, name in enumerate(a.strip() for a in axes.split(",")):
                if name != "NULL":
                    n = int(got[members.index(name[1:].removesuffix(".at"))])
                    got[int(port)] = np.take(got[int(port)], range(n), axis)
        for info, (k, slot) in zip(onnx.load(self.folder / "model.onnx").graph.output,
                                   enumerate(self.slots("out", self.outputs))):
            if (self.data / f"output_{k}.pb").exists():
                differs = difference(unpacked(got, *slot[:2]), load(self.data / f"output_{k}.pb", info), *self.tolerance())
                if differs:
                    return f"output {k}: {differs}"
        return ""


def packed(value, kind, rows, cells, ranks, dtype):
    """A sequence or an optional tensor as its three arrays."""
    tensors = value if isinstance(value, list) else [] if value is None else [value]
    tensors = [plain(t) for t in tensors]
    data, shapes = np.zeros((rows, cells), dtype), np.zeros((rows, 1 + ranks), np.int64)
    for k, t in enumerate(tensors):
        data[k, :t.size] = t.ravel()
        shapes[k, :1 + t.ndim] = [t.ndim, *t.shape]
    count = -1 if value is None and kind == "SEQUENCE" else len(tensors)
    return data, shapes, np.array(count, np.int64)


def unpacked(got, port, kind):
    if kind == "TENSOR":
        return got[port]
    data, shapes, count = got[port:port + 3]
    tensors = [row[:int(np.prod(shape[1:1 + shape[0]]))].reshape(shape[1:1 + shape[0]])
               for row, shape in zip(data, shapes[:max(int(count), 0)])]
    if kind == "SEQUENCE":
        return None if count < 0 else tensors
    return tensors[0] if tensors else None


def difference(got, want, rtol, atol):
    if got is None or want is None:
        return "" if got is want else "one of the two is absent"
    if isinstance(want, list):
        differ = [difference(g, w, rtol, atol) for g, w in zip(got, want)]
        return f"{len(got)} elements, not {len(want)}" if len(got) != len(want) else "".join(differ)
    flat = plain(want)
    if got.shape != flat.shape:
        return f"shape {got.shape}, not {flat.shape}"
    if flat.dtype.kind == "S":
        return "" if np.array_equal(got, flat) else f"{got.ravel()[:4]}, not {flat.ravel()[:4]}"
    if got.dtype.itemsize != flat.dtype.itemsize:
        return f"type {got.dtype}, not {flat.dtype}"
    got = got.view(flat.dtype) if got.dtype != flat.dtype else got
    if flat.dtype.kind in "fV" or flat.dtype.name.startswith(("float", "bfloat")):
        a, b = got.astype(np.float64), flat.astype(np.float64)
        same = np.allclose(a, b, rtol=rtol, atol=max(atol, 1e-5), equal_nan=True)
    else:
        same = np.array_equal(got, flat)
    return "" if same else f"{got.ravel()[:4]}, not {flat.ravel()[:4]}"


# ---- batches ------------------------------------------------------------------------------------

MAIN = """
int main(int argc, char **argv)
{
    (void)argc;
    FILE *const from = fopen(argv[1], "rb");
    FILE *const to = fopen(argv[2], "wb");
    int status = (from == NULL || to == NULL) ? 1 : 0;
    switch (atoi(argv[3])) {
%s    default: status = 1; break;
    }
    return (to == NULL || fclose(to) != 0) ? 1 : status;
}
"""


def build(cases, scratch):
    """One program of these cases; or, if it does not build, each alone, to name those to blame."""
    source, program = scratch / f"{cases[0].ident}_batch.c", scratch / f"{cases[0].ident}_batch"
    rows = "".join(f"    case {i}: status = run_{c.ident}(from, to); break;\n" for i, c in enumerate(cases))
    source.write_text("#include <stdio.h>\n#include <stdlib.h>\n" + "".join(c.harness() for c in cases) + MAIN % rows)
    done = subprocess.run([*CC, *FLAGS, source, "-o", program, "-lm"], capture_output=True, text=True)
    if done.returncode == 0:
        return program
    if len(cases) == 1:
        cases[0].why = "build: " + done.stderr.strip().replace("\n", " ")[:400]
        return None
    for case in cases:
        run_batch([case], scratch)
    return None


def run_batch(cases, scratch):
    program = build(cases, scratch)
    for i, case in enumerate(cases if program else []):
        try:
            given, results = scratch / f"{case.ident}.in", scratch / f"{case.ident}.out"
            case.write_inputs(given)
            done = subprocess.run([program, given, results, str(i)], capture_output=True, text=True, timeout=120)
            case.why = (f"run: status {done.returncode} {done.stderr[-300:]}" if done.returncode != 0
                        else case.compare(results))
        except (ValueError, OSError, KeyError, TypeError, subprocess.TimeoutExpired, AttributeError) as e:
            case.why = f"{type(e).__name__}: {e}"


def known_failures():
    lines = (HERE / "official_failing.txt").read_text().splitlines()
    return {line.split()[0]: line for line in lines if line and not line.startswith("#")}


def all_cases(folder):
    kinds = ("node", "simple", "pytorch-converted", "pytorch-operator")
    folders = [d for kind in kinds for d in sorted((folder / kind).iterdir())]
    return [Case(d, number) for number, d in enumerate(folders)]


def selected(options):
    cases = [c for c in all_cases(options.cases) if re.search(options.match, c.folder.name)]
    part, parts = (int(n) for n in options.part.split("/"))
    return cases[part::parts]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("--scratch", type=pathlib.Path, default=pathlib.Path("official-scratch"))
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--match", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--make", action="store_true", help="only make the cases")
    options = parser.parse_args()
    if onnx.__version__ != ONNX_VERSION:
        print(f"skipped: onnx is {onnx.__version__}, and the cases are those of {ONNX_VERSION}")
        sys.exit(SKIPPED)
    if not (options.cases / "complete").exists() and not (options.cases / "node").exists():
        make_cases(options.cases)
    if options.make:
        return
    options.scratch.mkdir(parents=True, exist_ok=True)
    scratch, cases = options.scratch.resolve(), selected(options)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        compiled = [c for c, good in zip(cases, pool.map(lambda c: c.compile(scratch), cases)) if good]
        batches = [compiled[i:i + BATCH] for i in range(0, len(compiled), BATCH)]
        list(pool.map(lambda batch: run_batch(batch, scratch), batches))
    report(cases, options)


def report(cases, options):
    known, wrong = known_failures(), 0
    for case in cases:
        if case.why and case.name not in known:
            print(f"FAILED {case.name}: {case.why[-300:]}\n  again: {sys.argv[0]} {options.cases} --match '^{case.folder.name}$'")
        if not case.why and case.name in known:
            print(f"PASSES, though official_failing.txt lists it: {case.name}")
        wrong += bool(case.why) != (case.name in known)
    failed = sum(bool(c.why) for c in cases)
    print(f"{len(cases) - failed} passed, {failed} failed, {wrong} of them not as expected")
    sys.exit(bool(wrong) or not cases)


if __name__ == "__main__":
    main()
