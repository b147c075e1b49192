"""The results as a table for a person: peers.md, peers.json and peers.svg of all shapes that were measured."""

import json
import statistics

import plot
import shapes

FORMS = {"one": "one row", "batch": "512 rows"}

# What this project set out to reach: how many times as fast as the best peer, one row at a time and in batches.
GOALS = {"ours, AVX-512": (9.0, 10.0), "ours, AVX2": (6.5, 9.0), "ours, portable": (2.5, 2.5)}
POJO_GOAL = 20.0
FLOOR_GOAL = 3.0


def write(folder):
    """Puts together what lies in `raw/`."""
    measured = []
    for name in shapes.SHAPES:
        file = folder / "raw" / f"{name}.json"
        if file.exists():
            measured.append(Measured(json.loads(file.read_text())))
    (folder / "peers.md").write_text("\n".join(lines(measured)) + "\n")
    summary = {one.shape: one.summary() for one in measured}
    (folder / "peers.json").write_text(json.dumps(summary, indent=1) + "\n")
    (folder / "peers.svg").write_text(plot.draw(measured))


class Measured:
    """A shape's figures."""

    def __init__(self, raw):
        self.raw = raw
        self.shape = raw["shape"]
        self.subjects = raw["subjects"]

    def least(self, subject, form):
        passes = subject["nanoseconds_a_row"].get(form)
        return min(passes) if passes else None

    def batch(self, subject):
        """A batch's; a subject without a call for one takes what a row takes."""
        return self.least(subject, "batch") or self.least(subject, "one")

    def find(self, role, trainer, name=None):
        return [subject for subject in self.subjects
                if subject["role"] == role and subject["trainer"] == trainer and name in (None, subject["name"])]

    def trainers(self):
        return list(dict.fromkeys(subject["trainer"] for subject in self.subjects))

    def summary(self):
        of = lambda numbers: {"min": min(numbers), "median": statistics.median(numbers), "passes": len(numbers)}
        return [{"name": subject["name"], "peer": subject["peer"], "trainer": subject["trainer"], "role": subject["role"],
                 **{form: of(numbers) for form, numbers in subject["nanoseconds_a_row"].items() if numbers}}
                for subject in self.subjects]


def lines(measured):
    yield "# Scoring, side by side with its peers"
    yield ""
    yield ("Nanoseconds a row by the thread's CPU time, the least of all passes and in brackets their median. Subjects took turns "
           "on one core; each answered all 20,000 rows as its trainer did, within its tolerance, before it was timed. What the "
           "peers' figures hide is in [benches/peers](../../../peers/README.md).")
    for one in measured:
        yield from shape_lines(one)
    yield from goal_lines(measured)
    yield from cost_lines(measured)
    yield from left_out_lines(measured)
    yield from fact_lines(measured)


def shape_lines(one):
    shape = shapes.SHAPES[one.shape]
    yield from ["", f"## {one.shape}: {shape.trees} trees of depth {shape.depth}", ""]
    yield "| Model | Subject | one row | in batches of 512 | rows that differ |"
    yield "|---|---|---:|---:|---:|"
    for trainer in one.trainers():
        here = [subject for subject in one.subjects if subject["trainer"] == trainer]
        for subject in sorted(here, key=lambda subject: one.least(subject, "one")):
            differ = max(check["rows_that_differ"] for check in subject["checks"].values())
            name = f"**{subject['name']}**" if subject["role"] == "ours" else subject["name"]
            yield f"| {trainer} | {name} | {figure(subject, 'one')} | {figure(subject, 'batch')} | {differ} |"


def figure(subject, form):
    passes = subject["nanoseconds_a_row"].get(form)
    return f"{number(min(passes))} ({number(statistics.median(passes))})" if passes else "–"


def number(nanoseconds):
    return f"{nanoseconds:,.0f}" if nanoseconds >= 100 else f"{nanoseconds:.1f}"


def goal_lines(measured):
    yield from ["", "## Against the best peer on the same model", ""]
    yield ("How many times as fast as the quickest peer that reads the same model, by the least times. A peer without a call for "
           "batches stands in batches with what a row takes it.")
    yield ""
    yield "| Shape | Model | Subject | one row | best peer | wanted | batches | best peer | wanted | times the floor, one row |"
    yield "|---|---|---|---:|---|---:|---:|---|---:|---:|"
    for one in measured:
        for trainer in one.trainers():
            for subject in one.find("ours", trainer):
                yield goal_line(one, trainer, subject)
    yield ""
    yield from other_goal_lines(measured)


def goal_line(one, trainer, subject):
    peers, floor = one.find("peer", trainer), one.find("floor", trainer)
    goals = GOALS.get(subject["name"], (None, None))
    cells = []
    for least, goal in zip((lambda peer: one.least(peer, "one"), one.batch), goals):
        if peers:
            best = min(peers, key=least)
            cells += [f"{least(best) / least(subject):.1f}", best["name"]]
        else:
            cells += ["–", "none measured"]
        cells.append("–" if goal is None else f"{goal:g}")
    above = f"{one.least(subject, 'one') / one.least(floor[0], 'one'):.1f}" if floor else "–"
    return f"| {one.shape} | {trainer} | {subject['name']} | {' | '.join(cells)} | {above} |"


def other_goal_lines(measured):
    yield f"Wanted as well: at most {FLOOR_GOAL:g} times the floor for one row, and {POJO_GOAL:g} times H2O's warm POJO on L."
    for one in measured:
        pojo, quickest = one.find("peer", "h2o", "H2O POJO"), one.find("ours", "h2o")
        if pojo and quickest:
            best = min(quickest, key=lambda subject: one.least(subject, "one"))
            times = one.least(pojo[0], "one") / one.least(best, "one")
            yield f"On {one.shape} {best['name']} is {times:.1f} times as fast as the POJO."
    for one in measured:
        foreign = one.find("peer", "ydf")
        if foreign:
            best = min(foreign, key=lambda peer: one.least(peer, "one"))
            best_batch = min(foreign, key=one.batch)
            for ours in one.find("ours", "lightgbm"):
                yield (f"On {one.shape} {ours['name']} on LightGBM's model is {one.least(best, 'one') / one.least(ours, 'one'):.1f} times, "
                       f"in batches {one.batch(best_batch) / one.batch(ours):.1f} times as fast as YDF on its own, which no one else reads.")


def cost_lines(measured):
    yield from ["", "## What compiling costs", ""]
    yield "| Shape | Peer | Artifact | CPU seconds | MiB at most | program, KiB |"
    yield "|---|---|---|---:|---:|---:|"
    for one in measured:
        for key, cost in one.raw["builds"].items():
            peer, artifact = key.split(" ", 1)
            size = f"{cost['bytes'] / 1024:,.0f}" if cost["bytes"] else "–"
            yield f"| {one.shape} | {peer} | {artifact} | {cost['cpu_seconds']:.1f} | {cost['peak_mib']:.0f} | {size} |"


def left_out_lines(measured):
    yield from ["", "## Left out", ""]
    empty = True
    for one in measured:
        for entry in one.raw["skipped"]:
            empty = False
            yield f"- {one.shape}, {entry['title']}: {entry['reason']}"
    if empty:
        yield "Nothing."


def fact_lines(measured):
    yield from ["", "## Models, machine, versions", ""]
    yield "| Shape | Trainer | version | trees | splits | leaves |"
    yield "|---|---|---|---:|---:|---:|"
    for one in measured:
        for trainer, model in one.raw["models"].items():
            yield f"| {one.shape} | {trainer} | {model['version']} | {model['trees']:,} | {model['splits']:,} | {model['leaves']:,} |"
    yield ""
    for one in measured:
        machine, before, after = one.raw["machine"], one.raw["before"], one.raw["after"]
        pinned = "nothing is pinned" if one.raw["core"] is None else f"subjects on core {one.raw['core']}"
        yield (f"- {one.shape}: {machine['processor']} ({', '.join(machine['instructions']) or 'none of the wider instructions'}), "
               f"{machine['cores']} cores, {machine['memory_mib']:,} MiB, Linux {machine['kernel']}; {pinned}; {one.raw['rounds']} rounds; load before "
               f"{before['load']:.2f}, {after['stolen_seconds'] - before['stolen_seconds']:.1f} s of processor time given to other machines; "
               f"commit {machine['commit']}")
    if measured:
        yield ""
        yield ", ".join(f"{name} {version}" for name, version in measured[-1].raw["machine"]["versions"].items())
