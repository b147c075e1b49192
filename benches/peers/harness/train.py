"""Trains one model of one shape, and writes it with its own predictions for the rows to be scored.

    train.py TRAINER SHAPE FOLDER

In the folder afterwards: the model's files, `predictions.f64` (one 64-bit float a row, of the trainer itself) and `model.json`, which says what
the model is made of. `train.py rows FOLDER` writes the rows themselves, as `rows.f64` and `rows.f32`.
"""

import json
import pathlib
import socket
import subprocess
import sys
import time

import numpy

import shapes

H2O_START_SECONDS = 600


def main():
    what, folder = sys.argv[1], pathlib.Path(sys.argv[-1])
    folder.mkdir(parents=True, exist_ok=True)
    if what == "rows":
        write_rows(folder)
        return
    shape = shapes.SHAPES[sys.argv[2]]
    predictions, facts = TRAINERS[what](shape, folder)
    numpy.asarray(predictions, dtype="<f8").tofile(folder / "predictions.f64")
    facts = {"trainer": what, "asked_trees": shape.trees, "asked_depth": shape.depth, **facts}
    (folder / "model.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{what} {sys.argv[2]}: {facts}")


def write_rows(folder):
    matrix = shapes.scoring()
    matrix.astype("<f8").tofile(folder / "rows.f64")
    matrix.astype("<f4").tofile(folder / "rows.f32")


def train_lightgbm(shape, folder):
    """`model.txt`; scikit-learn's own object, which m2cgen reads, as `model.pickle`."""
    import pickle

    import lightgbm

    matrix, target = shapes.training()
    model = lightgbm.LGBMRegressor(
        n_estimators=shape.trees, max_depth=shape.depth, num_leaves=2**shape.depth, learning_rate=shapes.LEARNING_RATE,
        min_child_samples=shapes.LEAF_ROWS_MIN, random_state=shapes.TRAINER_SEED, deterministic=True, force_row_wise=True,
        n_jobs=1, verbose=-1)
    model.fit(matrix, target, feature_name=shapes.column_names())
    model.booster_.save_model(folder / "model.txt")
    with open(folder / "model.pickle", "wb") as file:
        pickle.dump(model, file)
    leaves = sum(int(line.partition("=")[2]) for line in model.booster_.model_to_string().splitlines()
                 if line.startswith("num_leaves="))
    trees = model.booster_.num_trees()
    facts = {"version": lightgbm.__version__, "trees": trees, "splits": leaves - trees, "leaves": leaves}
    return model.booster_.predict(shapes.scoring(), raw_score=True), facts


def train_xgboost(shape, folder):
    """`model.json` is this program's, so the model is `booster.json`."""
    import xgboost

    matrix, target = shapes.training()
    names = shapes.column_names()
    options = {
        "max_depth": shape.depth, "eta": shapes.LEARNING_RATE, "min_child_weight": shapes.LEAF_ROWS_MIN, "tree_method": "hist",
        "seed": shapes.TRAINER_SEED, "nthread": 1, "base_score": 0.5}
    booster = xgboost.train(options, xgboost.DMatrix(matrix, target, feature_names=names), shape.trees)
    booster.save_model(folder / "booster.json")
    dumps = booster.get_dump()
    leaves, trees = sum(dump.count("leaf=") for dump in dumps), len(dumps)
    facts = {"version": xgboost.__version__, "trees": trees, "splits": leaves - trees, "leaves": leaves}
    return booster.predict(xgboost.DMatrix(shapes.scoring(), feature_names=names), output_margin=True), facts


def train_h2o(shape, folder):
    """`model.zip`, the MOJO; `Pojo.java`; `h2o-genmodel.jar`, which both need."""
    import h2o

    # A server of its own on this machine's loopback. `h2o.init` would give one a minute to start, which a busy machine exceeds, and leave it
    # behind.
    port = free_port()
    jar = pathlib.Path(h2o.__file__).parent / "backend" / "bin" / "h2o.jar"
    server = subprocess.Popen(
        ["java", "-Xmx6g", "-jar", jar, "-ip", "127.0.0.1", "-web_ip", "127.0.0.1", "-port", str(port), "-name", f"peers-{port}",
         "-nthreads", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        connect(h2o, port, server)
        return h2o_model(h2o, shape, folder)
    finally:
        server.terminate()
        server.wait()


def free_port():
    """One that nobody listens at, and neither at the next, which H2O takes too."""
    for port in range(54321, 65000, 2):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                pass
    raise SystemExit("error: no two free ports for H2O's server")


def connect(h2o, port, server):
    """Waits for the server."""
    h2o.no_progress()
    end = time.monotonic() + H2O_START_SECONDS
    while True:
        try:
            h2o.connect(url=f"http://127.0.0.1:{port}", verbose=False)
            return
        except Exception as error:
            if server.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"error: H2O's server does not start: {error}") from error
            time.sleep(1)


def h2o_model(h2o, shape, folder):
    from h2o.estimators import H2OGradientBoostingEstimator

    matrix, target = shapes.training()
    names = shapes.column_names()
    frame = h2o.H2OFrame(numpy.column_stack([matrix, target]).tolist(), column_names=[*names, "target"])
    model = H2OGradientBoostingEstimator(
        model_id="Pojo", ntrees=shape.trees, max_depth=shape.depth, learn_rate=shapes.LEARNING_RATE,
        min_rows=shapes.LEAF_ROWS_MIN, seed=shapes.TRAINER_SEED, distribution="gaussian", nbins=255, nbins_top_level=255,
        score_tree_interval=shape.trees)
    model.train(x=names, y="target", training_frame=frame)
    pathlib.Path(model.download_mojo(path=str(folder))).rename(folder / "model.zip")
    h2o.download_pojo(model, path=str(folder), get_jar=True)
    rows = h2o.H2OFrame(shapes.scoring().tolist(), column_names=names)
    predictions = numpy.array(model.predict(rows).as_data_frame(use_pandas=False, header=False), dtype=float)[:, 0]
    summary = dict(zip(model._model_json["output"]["model_summary"].col_header,
                       model._model_json["output"]["model_summary"].cell_values[0]))
    leaves = round(summary["mean_leaves"] * summary["number_of_trees"])
    trees = int(summary["number_of_trees"])
    return predictions, {"version": h2o.__version__, "trees": trees, "splits": leaves - trees, "leaves": leaves}


def train_ydf(shape, folder):
    """`model/`, a folder as YDF saves it."""
    import ydf

    matrix, target = shapes.training()
    names = shapes.column_names()
    data = {name: matrix[:, index].astype("f4") for index, name in enumerate(names)}
    learner = ydf.GradientBoostedTreesLearner(
        label="target", task=ydf.Task.REGRESSION, num_trees=shape.trees, max_depth=shape.depth + 1,
        shrinkage=shapes.LEARNING_RATE, min_examples=shapes.LEAF_ROWS_MIN, random_seed=shapes.TRAINER_SEED, num_threads=1,
        early_stopping="NONE", validation_ratio=0.0, discretize_numerical_columns=True,
        num_discretized_numerical_bins=255)
    model = learner.train({**data, "target": target.astype("f4")}, verbose=0)
    model.save(str(folder / "model"))
    rows = shapes.scoring()
    predictions = model.predict({name: rows[:, index].astype("f4") for index, name in enumerate(names)})
    nodes, trees = int(model.num_nodes()), int(model.num_trees())
    facts = {"version": ydf.__version__, "trees": trees, "splits": (nodes - trees) // 2, "leaves": (nodes + trees) // 2}
    return predictions, facts


TRAINERS = {"lightgbm": train_lightgbm, "xgboost": train_xgboost, "h2o": train_h2o, "ydf": train_ydf}

if __name__ == "__main__":
    main()
