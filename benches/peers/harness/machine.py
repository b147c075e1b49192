"""What a result holds for: the machine, the commit, the versions."""

import importlib.metadata
import os
import platform
import re
import subprocess

# Whose versions a result states.
PACKAGES = ["numpy", "lightgbm", "xgboost-cpu", "h2o", "ydf", "treelite", "tl2cgen", "lleaves", "llvmlite", "m2cgen",
            "onnxmltools", "onnxruntime"]


def this():
    """This one."""
    return {"processor": processor(), "cores": os.cpu_count(), "memory_mib": memory_mib(), "kernel": platform.release(),
            "instructions": [flag for flag in ("avx2", "avx512f", "avx512_vbmi") if flag in flags()],
            "commit": commit(), "versions": versions()}


def folder_name():
    """The machine's kind, in letters that suit a folder: as benches/stream calls it."""
    name = re.sub(r"[^a-z0-9]+", "-", processor().lower()).strip("-")
    return f"{os.cpu_count()}-cores-{name or 'unknown'}"


def stolen():
    """The seconds that this machine's processors were given to others, since it started; and the load."""
    ticks = field("/proc/stat", r"^cpu +(?:\d+ +){7}(\d+)")
    return {"stolen_seconds": int(ticks or 0) / os.sysconf("SC_CLK_TCK"), "load": os.getloadavg()[0]}


def processor():
    return field("/proc/cpuinfo", r"model name[^:]*: (.*)") or "unknown"


def flags():
    return (field("/proc/cpuinfo", r"flags[^:]*: (.*)") or "").split()


def memory_mib():
    return int(field("/proc/meminfo", r"MemTotal: *(\d+)") or 0) // 1024


def field(file, pattern):
    try:
        with open(file) as text:
            found = re.search(pattern, text.read(), re.MULTILINE)
    except OSError:
        return None
    return found and found.group(1).strip()


def commit():
    found = first_line("git", "rev-parse", "HEAD")
    # Results that are written meanwhile change nothing that is measured.
    changed = first_line("git", "status", "--porcelain", "--", ".", ":(exclude)benches/results")
    return f"{found} with changes" if changed else found


def versions():
    found = {"rustc": first_line("rustc", "--version"), "gcc": first_line("gcc", "--version"),
             "java": first_line("java", "--version"), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def first_line(*command):
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return output.partition("\n")[0]
