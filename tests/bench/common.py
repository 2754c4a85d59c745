"""What the measuring scripts share: compiling, building, reading what `make bench` prints, tables."""
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


def table(rows):
    """Markdown, in columns."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["| " + " | ".join(c.ljust(w) if k == 0 else c.rjust(w)
                               for k, (c, w) in enumerate(zip(row, widths))) + " |" for row in rows]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if k == 0 else ":") for k, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def commit():
    done = subprocess.run(["git", "-C", pathlib.Path(__file__).parent, "log", "-1", "--format=%h"],
                          capture_output=True, text=True)
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "no commit"
