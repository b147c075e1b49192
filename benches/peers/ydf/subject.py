"""subject.py ROWS_FILE MODEL ENGINE: YDF's own benchmark behind the harness's protocol.

`ENGINE` is a name of YDF's, or `quickest` for the one that it takes itself.
"""

import sys

import numpy
import ydf

COLUMNS, BATCH_ROWS = 28, 512
# Of sysexits.h: this model can't be had in this engine.
UNAVAILABLE = 69


def main():
    rows_file, model_folder, engine = sys.argv[1:]
    ydf.verbose(0)
    model = ydf.load_model(model_folder)
    engines = model.list_compatible_engines()
    if engine == "quickest":
        engine = engines[0]
    elif engine not in engines:
        print(f"the model is compatible with {', '.join(engines)} alone", file=sys.stderr)
        sys.exit(UNAVAILABLE)
    model.force_engine(engine)
    print(engine, file=sys.stderr, flush=True)
    rows = numpy.fromfile(rows_file, dtype="<f4").reshape(-1, COLUMNS)
    data = {f"x{column}": numpy.ascontiguousarray(rows[:, column]) for column in range(COLUMNS)}
    say("ready")
    # A guess, for the first pass.
    nanoseconds = {"one": 1000.0, "batch": 1000.0}
    for line in sys.stdin:
        command, form, rest = line.rstrip("\n").split(" ", 2)
        if command == "check":
            model.predict(data).astype("<f8").tofile(rest)
            say("checked")
        elif command == "pass":
            seconds = max(0.02, int(rest) * nanoseconds[form] / 1e9)
            found = model.benchmark(data, benchmark_duration=seconds, warmup_duration=0.005,
                                    batch_size=BATCH_ROWS if form == "batch" else 1, num_threads=1)
            # In seconds.
            nanoseconds[form] = found.duration_per_example * 1e9
            say(f"{nanoseconds[form]:.4f}")


def say(answer):
    print(answer, flush=True)


main()
