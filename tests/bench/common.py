"""What the measuring scripts share: compiling, building, and reading what `make bench` prints."""
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TINYCC = os.environ.get("TINYCC", str(ROOT / "build" / "tinycc"))
COMPILERS = {"gcc": "gcc", "clang": "clang-19"}


def run(*command):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def compile_model(model, out, *more, target="c:cpu=native,dialect=gnu"):
    run(TINYCC, model, "-o", out, "--target", target, *more)
    return json.loads((out / "report.json").read_text())


def kernel_times(out, name):
    """Least time of each step in microseconds, in one run of its benchmark."""
    rows = [row.split() for row in run(out / f"{name}-bench").splitlines()[1:]]
    rows = rows[:next(k for k, row in enumerate(rows) if row[0] == "sum")]  # what follows is whole
    return {row[0]: float(row[2]) for row in rows}


def limits(compiler, vector_bytes, folder):
    """What one core can do, measured now by limits.c: GFLOP/s ("best"), GB/s by size ("read")."""
    program = folder / f"limits-{compiler}-{vector_bytes}"
    if not program.exists():
        flags = ["-O3", "-march=native", f"-DVECTOR_BYTES={vector_bytes}", "-o", program]
        run(COMPILERS[compiler], *flags, HERE / "limits.c")
    return json.loads(run(program))
