"""Checks all subjects of a shape, then times them in turns."""

import os
import sys
import time
from dataclasses import dataclass, field

import numpy

from process import Failed, Process
from steps import UNAVAILABLE

# A pass is all rows, unless these take longer; and at least so long that what the subject before left in the caches does not tell.
PASS_SECONDS_MAX = 2.0
PASS_SECONDS_MIN = 0.05
PASS_ROWS = 20_000
PASS_ROWS_MIN = 2_048


@dataclass
class Timed:
    """A subject, and all that was found out about it."""

    subject: object
    process: object = None
    checks: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    passes: dict = field(default_factory=dict)
    problem: str = ""


def measure(subjects, folders, settings):
    """Figures of all subjects that are to be had and answer right, and what is wrong with the others.

    `folders` has, for each subject, what stands for {out}, {model} and {rows} in its command.
    """
    timed, refused = [], []
    try:
        for subject, places in zip(subjects, folders):
            found = Timed(subject)
            try:
                begin(found, places, settings)
            except (Failed, ValueError) as problem:
                kind = "can't be had" if getattr(problem, "code", None) == UNAVAILABLE else "FAILED"
                found.problem = f"{kind}: {problem}"
            say(f"{subject.title}: {found.problem or describe(found.checks)}")
            (refused if found.problem else timed).append(found)
        for found in timed:
            attempt(found, lambda found=found: warm_up(found, settings))
        rounds = take_turns(timed, settings)
        refused += [found for found in timed if found.problem]
        timed = [found for found in timed if not found.problem]
    finally:
        for found in [*timed, *refused]:
            if found.process:
                found.process.end()
    return timed, refused, rounds


def attempt(found, turn):
    """Gives a subject its turn, unless it has failed before; where it fails, the others go on without it."""
    if found.problem:
        return
    try:
        turn()
    except (Failed, ValueError) as problem:
        found.problem = f"FAILED: {problem}"
        say(f"{found.subject.title}: {found.problem}")


def begin(found, places, settings):
    """Starts a subject and compares its answers with its trainer's."""
    subject = found.subject
    command = [word.format(**places) for word in subject.command]
    log = settings.work / "logs" / f"{subject.peer}-{subject.trainer}-{subject.name.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    found.process = Process(command, settings.core, log)
    found.process.expect("ready")
    expected = numpy.fromfile(f"{places['model']}/predictions.f64", dtype="<f8")
    for form in subject.forms:
        file = settings.work / "answers.f64"
        found.process.check(form, file)
        answers = numpy.fromfile(file, dtype="<f8")
        found.checks[form] = compare(answers, expected)
        if not found.checks[form]["difference"] <= subject.tolerance:
            raise ValueError(f"WRONG ANSWERS, {form}: {found.checks[form]}, tolerance {subject.tolerance}")


def compare(answers, expected):
    """The largest difference, relative where numbers are above 1; how many rows differ at all."""
    if answers.shape != expected.shape:
        return {"difference": float("nan"), "rows_that_differ": len(expected)}
    difference = numpy.abs(answers - expected) / numpy.maximum(1.0, numpy.abs(expected))
    return {"difference": float(difference.max()), "rows_that_differ": int((answers != expected).sum())}


def warm_up(found, settings):
    """Lets it run for its time, and finds out how many rows make a pass."""
    for form in found.subject.forms:
        end = time.monotonic() + min(found.subject.warm_up_seconds, settings.warm_up_seconds_max)
        rows = PASS_ROWS_MIN
        while True:
            nanoseconds = found.process.time(form, rows)
            rows = pass_rows(nanoseconds)
            if time.monotonic() >= end:
                break
        found.rows[form] = min(rows, settings.pass_rows_max)
        found.passes[form] = []


def pass_rows(nanoseconds):
    """How many rows a pass has when each takes so long."""
    at_most = max(PASS_ROWS_MIN, int(PASS_SECONDS_MAX * 1e9 / nanoseconds))
    at_least = int(PASS_SECONDS_MIN * 1e9 / nanoseconds)
    return min(max(PASS_ROWS, at_least), at_most)


def take_turns(timed, settings):
    """Round after round, each subject a pass of each form; who begins changes."""
    end = time.monotonic() + settings.minutes * 60
    for number in range(settings.passes if timed else 0):
        begun = time.monotonic()
        for found in timed[number % len(timed):] + timed[: number % len(timed)]:
            attempt(found, lambda found=found: one_turn(found))
        took = time.monotonic() - begun
        say(f"round {number + 1} of {settings.passes}: {took:.1f} s, load {os.getloadavg()[0]:.2f}")
        # A round that would end too late is not begun.
        if number + 1 >= settings.passes or time.monotonic() + took > end:
            return number + 1
    return 0


def one_turn(found):
    """A pass of each form."""
    for form in found.subject.forms:
        found.passes[form].append(found.process.time(form, found.rows[form]))


def describe(checks):
    return ", ".join(f"{form}: difference {check['difference']:.2g}, {check['rows_that_differ']} rows differ"
                     for form, check in checks.items())


def say(line):
    print(line, file=sys.stderr, flush=True)
