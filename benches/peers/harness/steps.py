"""Steps that are done once: each leaves a stamp, which holds what it was made from and what it cost."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

# Of sysexits.h: what a step needs can't be had here.
UNAVAILABLE = 69


class Unavailable(Exception):
    """Why something can't be had."""


def digest(paths):
    """Of the files, and of all files below the folders, that are there."""
    sha = hashlib.sha256()
    for path in paths:
        path = pathlib.Path(path)
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" in file.parts or not file.exists():
                continue
            sha.update(str(file.relative_to(path.parent)).encode() + b"\0" + file.read_bytes() + b"\0")
    return sha.hexdigest()


def once(title, stamp, inputs, command, log, environment=None):
    """Runs a command unless it was run with these inputs and ended well; returns what it cost."""
    made_from = digest(inputs)
    if stamp.exists():
        known = json.loads(stamp.read_text())
        if known["made_from"] == made_from:
            return known
    print(f"{title} ...", file=sys.stderr, flush=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    cost = run(command, log, environment)
    if code := cost.pop("code"):
        raise Unavailable(f"exit code {code}: {last_line(log)}")
    stamp.write_text(json.dumps({"made_from": made_from, **cost}, indent=1) + "\n")
    print(f"{title}: {cost['cpu_seconds']:.1f} s of CPU, {cost['peak_mib']:.0f} MiB", file=sys.stderr, flush=True)
    return cost


def run(command, log, environment=None):
    """The code it ended with; the CPU time of it and all that it started, and the memory of the largest of these."""
    log.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with open(log, "wb") as output:
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                 env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return {"code": child.returncode, "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
            "wall_seconds": round(time.monotonic() - begun, 2), "peak_mib": round(usage.ru_maxrss / 1024, 1)}


def last_line(log):
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
