"""The steps of benches/peers/run, in their order."""

import argparse
import json
import os
import pathlib
import sys
from types import SimpleNamespace

import machine
import measure
import peers
import report
import shapes
import steps

TRAINERS = ["lightgbm", "xgboost", "h2o", "ydf"]

# The files below that a subject's build depends on.
WORKSPACE = peers.HERE.parent.parent
SHARED = [peers.HERE / "driver", peers.HERE / "Cargo.toml", WORKSPACE / "rust-toolchain.toml"]
OURS = [WORKSPACE / name / part for name in ("model-codegen", "model-forest", "model-runtime") for part in ("src", "build.rs", "Cargo.toml")]
OURS.append(WORKSPACE / "Cargo.toml")


def main():
    arguments = parse()
    subjects = peers.read(arguments.peers)
    if arguments.trainers:
        subjects = [subject for subject in subjects if subject.trainer in arguments.trainers]
    work = pathlib.Path(os.environ["PEERS_WORK"])
    missing, wrong, timed = False, False, False
    for shape in arguments.shapes:
        ready, skipped, builds, models = prepare(subjects, shape, work)
        for entry in skipped:
            print(f"LEFT OUT, {shape}: {entry['title']}: {entry['reason']}", file=sys.stderr)
        if arguments.prepare:
            wrong |= any(is_failure(entry) for entry in skipped)
            missing |= any(not is_failure(entry) for entry in skipped)
            continue
        measured = time(ready, shape, work, arguments)
        measured["skipped"] += skipped
        wrong |= any(is_failure(entry) for entry in measured["skipped"])
        missing |= any(not is_failure(entry) for entry in measured["skipped"])
        if not measured["subjects"]:
            continue
        measured["builds"], measured["models"] = builds, models
        (arguments.results / "raw").mkdir(parents=True, exist_ok=True)
        (arguments.results / "raw" / f"{shape}.json").write_text(json.dumps(measured, indent=1) + "\n")
        report.write(arguments.results)
        timed = True
    if timed:
        print((arguments.results / "peers.md").read_text())
    elif not arguments.prepare:
        print("error: nothing was timed: see above what was left out", file=sys.stderr)
    sys.exit(1 if wrong else 3 if missing else 0)


def is_failure(entry):
    """Whether a subject that was left out is wrong, and not just not to be had."""
    return entry["reason"].startswith("FAILED")


def parse():
    parser = argparse.ArgumentParser(prog="benches/peers/run", add_help=False)
    listed = lambda text: text.split(",")
    parser.add_argument("--shapes", type=listed, default=["S", "M", "L"])
    parser.add_argument("--peers", type=listed)
    parser.add_argument("--trainers", type=listed)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--passes", type=int, default=15)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    for shape in arguments.shapes:
        if shape not in shapes.SHAPES:
            parser.error(f"--shapes: there is no {shape}; there are {', '.join(shapes.SHAPES)}")
    for trainer in arguments.trainers or []:
        if trainer not in TRAINERS:
            parser.error(f"--trainers: there is no {trainer}; there are {', '.join(TRAINERS)}")
    if arguments.quick:
        arguments.shapes, arguments.passes = ["S"], 2
        arguments.results = arguments.results or pathlib.Path(os.environ["PEERS_WORK"]) / "quick"
    if arguments.results is None:
        from datetime import datetime, timezone

        day = datetime.now(timezone.utc).date().isoformat()
        arguments.results = WORKSPACE / "benches" / "results" / f"{day}-{machine.folder_name()}" / "peers"
    return arguments


def prepare(subjects, shape, work):
    """Trains and builds; returns the subjects that are ready, why the others are not, what builds cost, and the models."""
    environment = {"PEERS_PYTHON": sys.executable, "PEERS_PACKAGES": packages(), "CARGO_TARGET_DIR": str(work / "cargo")}
    train = peers.HERE / "harness" / "train.py"
    data = [train, peers.HERE / "harness" / "shapes.py"]
    steps.once("Rows", work / "stamps" / "rows.json", data[1:], [sys.executable, train, "rows", work / "rows"],
               work / "logs" / "rows.log")
    ready, skipped, builds, models = [], [], {}, {}
    for subject in subjects:
        model, out = work / shape / subject.trainer, work / shape / subject.peer / subject.artifact
        key = f"{subject.peer} {subject.artifact}"
        try:
            if reason := subject.skip.get(shape):
                raise steps.Unavailable(reason)
            steps.once(f"Training {subject.trainer} {shape}", work / "stamps" / f"train-{shape}-{subject.trainer}.json", data,
                       [sys.executable, train, subject.trainer, shape, model], work / "logs" / f"train-{shape}-{subject.trainer}.log")
            models[subject.trainer] = json.loads((model / "model.json").read_text())
            try:
                builds[key] = build(subject, shape, work, model, out, environment)
            except steps.Unavailable as reason:
                # A peer that can't be built can't be had; what is this project's own has to be.
                raise reason if subject.role == "peer" else steps.Unavailable(f"FAILED: {reason}")
            ready.append(subject)
        except steps.Unavailable as reason:
            skipped.append({"title": subject.title, "name": subject.name, "trainer": subject.trainer, "peer": subject.peer,
                            "role": subject.role, "reason": str(reason)})
    return ready, skipped, builds, models


def build(subject, shape, work, model, out, environment):
    folder = peers.HERE / subject.peer
    out.mkdir(parents=True, exist_ok=True)
    own = [file for file in folder.rglob("*") if file.is_file() and file.suffix not in (".md",) and file.name != "subjects.toml"]
    inputs = [*own, *SHARED, *(OURS if subject.role != "peer" else []), peers.HERE / "Cargo.lock"]
    if (folder / "prepare").exists():
        steps.once(f"Preparing {subject.peer}", work / "stamps" / f"prepare-{subject.peer}.json", inputs, [folder / "prepare"],
                   work / "logs" / f"prepare-{subject.peer}.log", environment)
    name = f"build-{shape}-{subject.peer}-{subject.artifact}"
    cost = steps.once(f"Building {subject.peer} {subject.artifact} {shape}", work / "stamps" / f"{name}.json",
                      [*inputs, *[model / file for file in os.listdir(model)]],
                      [folder / "build", subject.artifact, model, out], work / "logs" / f"{name}.log", environment)
    # An interpreter's or a virtual machine's size tells nothing.
    is_built = subject.command[0].startswith("{out}")
    size = pathlib.Path(subject.command[0].format(out=out)).stat().st_size if is_built else None
    return {"cpu_seconds": cost["cpu_seconds"], "peak_mib": cost["peak_mib"], "bytes": size}


def time(subjects, shape, work, arguments):
    cores = os.cpu_count()
    settings = SimpleNamespace(
        work=work / shape, core=cores - 1 if cores > 1 else None, passes=arguments.passes, minutes=arguments.minutes,
        warm_up_seconds_max=1.0 if arguments.quick else 3600.0, pass_rows_max=4096 if arguments.quick else sys.maxsize)
    if cores > 1:
        # The subjects have the last core for themselves.
        os.sched_setaffinity(0, range(cores - 1))
    folders = [{"out": work / shape / subject.peer / subject.artifact, "model": work / shape / subject.trainer,
                "rows": work / "rows", "work": work, "packages": packages(), "python": sys.executable,
                "here": peers.HERE / subject.peer} for subject in subjects]
    before = machine.stolen()
    timed, refused, rounds = measure.measure(subjects, folders, settings)
    after = machine.stolen()
    return {
        "shape": shape, "machine": machine.this(), "core": settings.core, "rounds": rounds, "before": before, "after": after,
        "subjects": [{"name": found.subject.name, "peer": found.subject.peer, "trainer": found.subject.trainer,
                      "role": found.subject.role, "artifact": found.subject.artifact, "tolerance": found.subject.tolerance,
                      "checks": found.checks, "rows_a_pass": found.rows, "nanoseconds_a_row": found.passes}
                     for found in timed],
        "skipped": [{"title": found.subject.title, "name": found.subject.name, "trainer": found.subject.trainer,
                     "peer": found.subject.peer, "role": found.subject.role, "reason": found.problem} for found in refused]}


def packages():
    import numpy

    return str(pathlib.Path(numpy.__file__).parent.parent)


if __name__ == "__main__":
    main()
