"""Small models of every trainer that is exported, each with rows that are hard to score.

In: a trainer's name. Out: `(name, model, rows, options)` for each of its models. The rows are those of the training data
with missing values, levels never seen, and copies that stand on a threshold or one unit beside it.
"""

import copy
import socket

import numpy

ROWS = 300
LEVELS = ["brick", "log cabin", "straw", "wood", "Lehm"]


def numbers(seed=7, missing=0.1):
    """A matrix of five columns, and a number to learn."""
    random = numpy.random.default_rng(seed)
    matrix = numpy.round(random.normal(0.0, 3.0, (ROWS, 5)), 2)
    target = matrix[:, 0] * 2.0 - numpy.abs(matrix[:, 1]) + numpy.where(matrix[:, 2] > 1.0, 4.0, 0.0)
    target = target + random.normal(0.0, 0.3, ROWS)
    matrix[random.random(matrix.shape) < missing] = numpy.nan
    return matrix, target


def classes(target, count):
    """As many classes, of about one size."""
    return numpy.searchsorted(numpy.quantile(target, numpy.arange(1, count) / count), target)


def frame(unseen=False):
    """A data frame with a column of texts and one of whole numbers as categories; perhaps with levels never seen."""
    import pandas

    matrix, target = numbers()
    random = numpy.random.default_rng(11)
    material = numpy.array(LEVELS, dtype=object)[random.integers(0, len(LEVELS), ROWS)]
    zone = random.integers(1, 9, ROWS)
    target = target + numpy.where(material == "brick", 5.0, 0.0) + numpy.where(zone % 2 == 0, 3.0, 0.0)
    data = pandas.DataFrame({"sqft": matrix[:, 0], "material": pandas.Categorical(material, categories=LEVELS),
                             "zone": pandas.Categorical(zone, categories=list(range(1, 9))), "age": matrix[:, 1],
                             "größe": matrix[:, 2]})
    data.loc[::17, "material"] = None
    return data, target


def on_thresholds(matrix, thresholds):
    """The rows, and copies with a column on one of its thresholds or beside it: `thresholds` by column."""
    rows = [matrix]
    for column, values in sorted(thresholds.items()):
        for at, value in enumerate(sorted(set(values))[:25]):
            for number in (value, numpy.nextafter(value, -numpy.inf), numpy.nextafter(value, numpy.inf)):
                copy = matrix[at % len(matrix)].copy()
                copy[column] = number
                rows.append(copy[None, :])
    extremes = [0.0, -0.0, 1e-40, -1e-40, 1e30, -1e30]
    for column in range(matrix.shape[1]):
        for value in extremes:
            copy = matrix[column].copy()
            copy[column] = value
            rows.append(copy[None, :])
    return numpy.concatenate(rows)


def of_trainer(trainer):
    """All models of one trainer."""
    return list({"scikit-learn": scikit_learn, "lightgbm": lightgbm, "catboost": catboost, "xgboost": xgboost,
                 "spark": spark, "h2o": h2o}[trainer]())


def scikit_learn():
    from sklearn import ensemble

    matrix, target = numbers()
    whole, whole_target = numbers(missing=0.0)
    two, three = classes(target, 2), numpy.array(["low", "mid", "high"], dtype=object)[classes(whole_target, 3)]

    def rows(model, matrix):
        thresholds = {}
        for tree in numpy.array(model.estimators_, dtype=object).ravel():
            for column, threshold in zip(tree.tree_.feature, tree.tree_.threshold):
                if column >= 0 and numpy.isfinite(threshold):
                    thresholds.setdefault(int(column), []).append(float(threshold))
        return on_thresholds(matrix, thresholds)

    gradient = [
        ("gb_regression", ensemble.GradientBoostingRegressor(n_estimators=30, random_state=1), whole_target),
        ("gb_huber_from_zero", ensemble.GradientBoostingRegressor(loss="huber", init="zero", n_estimators=20, random_state=1),
         whole_target),
        ("gb_two_classes", ensemble.GradientBoostingClassifier(n_estimators=30, random_state=1), classes(whole_target, 2)),
        ("gb_exponential", ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=20, random_state=1),
         classes(whole_target, 2).astype(bool)),
        ("gb_three_classes", ensemble.GradientBoostingClassifier(n_estimators=15, random_state=1), three),
    ]
    for name, model, answer in gradient:
        yield f"sklearn_{name}", model.fit(whole, answer), rows(model, whole), {}
    forests = [
        ("forest_regression", ensemble.RandomForestRegressor(n_estimators=12, max_depth=7, n_jobs=2, random_state=1), target),
        ("forest_two_targets", ensemble.RandomForestRegressor(n_estimators=7, max_depth=5, random_state=1),
         numpy.stack([target, -target * 0.3], axis=1)),
        ("forest_classes", ensemble.RandomForestClassifier(n_estimators=12, max_depth=6, random_state=1), classes(target, 3)),
        ("extra_trees_regression", ensemble.ExtraTreesRegressor(n_estimators=12, max_depth=7, random_state=1), target),
        ("extra_trees_classes", ensemble.ExtraTreesClassifier(n_estimators=12, max_depth=6, random_state=1), two),
    ]
    for name, model, answer in forests:
        yield f"sklearn_{name}", model.fit(matrix, answer), rows(model, matrix), {}
    yield from histograms(ensemble)


def histograms(ensemble):
    matrix, target = numbers()
    # A number that is only ever missing or there parts at an infinite threshold.
    matrix[:, 4] = numpy.where(target > 0, 1.0, numpy.nan)
    infinite = numpy.concatenate([matrix, numpy.full((1, 5), numpy.inf), numpy.full((1, 5), -numpy.inf)])
    data, data_target = frame()
    unseen = data.astype({"material": object, "zone": object})
    unseen.loc[:9, "material"] = "never seen"
    positive = numpy.exp(target / 8)
    make, classify = ensemble.HistGradientBoostingRegressor, ensemble.HistGradientBoostingClassifier
    few = {"max_iter": 25, "max_leaf_nodes": 9}
    yield "sklearn_histogram_regression", make(**few).fit(matrix, target), infinite, {}
    yield "sklearn_histogram_poisson", make(loss="poisson", **few).fit(matrix, positive), infinite, {}
    yield "sklearn_histogram_three_classes", classify(**few).fit(matrix, classes(target, 3)), infinite, {}
    by_type = data.astype({"zone": "int64"})
    model = make(categorical_features=["material", "zone"], **few).fit(by_type.astype({"material": object}), data_target)
    yield "sklearn_histogram_categories", model, unseen, {"response": "price"}
    model = classify(categorical_features="from_dtype", **few).fit(data, classes(data_target, 2))
    yield "sklearn_histogram_from_dtype", model, data, {"response": "dear", "threshold": 0.3}


def lightgbm():
    import lightgbm as library

    matrix, target = numbers()
    few = {"n_estimators": 25, "num_leaves": 9, "verbose": -1, "min_child_samples": 5}

    def rows(model):
        table, thresholds = model.booster_.trees_to_dataframe(), {}
        for column, threshold in zip(table["split_feature"], table["threshold"]):
            if isinstance(column, str) and numpy.isfinite(float(threshold)):
                thresholds.setdefault(int(column.split("_")[1]), []).append(float(threshold))
        return on_thresholds(matrix, thresholds)

    model = library.LGBMRegressor(**few).fit(matrix, target)
    yield "lightgbm_regression", model, rows(model), {"features": ["a", "b", "c", "d", "e"], "response": "price"}
    labels = numpy.array(["no", "yes"], dtype=object)[classes(target, 2)]
    model = library.LGBMClassifier(**few).fit(matrix, labels)
    yield "lightgbm_two_classes", model, rows(model), {"threshold": 0.4}
    model = library.LGBMClassifier(**few).fit(matrix, classes(target, 3))
    yield "lightgbm_three_classes", model, rows(model), {}
    model = library.LGBMRegressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **few).fit(matrix, target)
    yield "lightgbm_forest", model, rows(model), {}
    model = library.LGBMRegressor(objective="poisson", **few).fit(matrix, numpy.exp(target / 8))
    yield "lightgbm_poisson_booster", model.booster_, matrix, {}
    data, data_target = frame()
    unseen = data.copy()
    unseen["material"] = unseen["material"].cat.add_categories("never seen")
    unseen.loc[:9, "material"] = "never seen"
    # A constant column of categories is not seen in the file to be one.
    model = library.LGBMRegressor(**few).fit(data, data_target)
    yield "lightgbm_categories", model, unseen, {}


def catboost():
    import catboost as library

    matrix, target = numbers()
    few = {"iterations": 25, "depth": 4, "verbose": False, "allow_writing_files": False, "thread_count": 1, "random_seed": 1}
    edge = on_thresholds(matrix, {})
    model = library.CatBoostRegressor(**few).fit(matrix, target)
    yield "catboost_regression", model, edge, {"features": ["a", "b", "c", "d", "e"]}
    labels = numpy.array(["no", "yes"], dtype=object)[classes(target, 2)]
    yield "catboost_two_classes", library.CatBoostClassifier(**few).fit(matrix, labels), edge, {}
    model = library.CatBoostClassifier(grow_policy="Lossguide", **few).fit(matrix, classes(target, 3))
    yield "catboost_three_classes", model, edge, {}
    model = library.CatBoostRegressor(loss_function="Poisson", **few).fit(matrix, numpy.exp(target / 8))
    yield "catboost_poisson", model, edge, {}
    # Targets that are probabilities, one or several, and one of logarithms.
    share = 1 / (1 + numpy.exp(-target))
    model = library.CatBoost({"loss_function": "CrossEntropy", **few}).fit(matrix, share)
    yield "catboost_cross_entropy", model, edge, {}
    both = numpy.stack([classes(target, 2), classes(numpy.nan_to_num(matrix[:, 3]), 2)], axis=1)
    model = library.CatBoost({"loss_function": "MultiLogloss", **few}).fit(matrix, both)
    yield "catboost_two_labels", model, edge, {}
    model = library.CatBoost({"loss_function": "MultiCrossEntropy", **few}).fit(matrix, numpy.stack([share, 1 - share], axis=1))
    yield "catboost_two_shares", model, edge, {}
    model = library.CatBoost({"loss_function": "Focal:focal_alpha=0.4;focal_gamma=1.5", **few}).fit(matrix, both[:, 0])
    yield "catboost_focal", model, edge, {}
    model = library.CatBoost({"loss_function": "LogLinQuantile", **few}).fit(matrix, numpy.exp(target / 8))
    yield "catboost_log_quantile", model, edge, {}
    data, data_target = frame()
    data = data.astype({"zone": "int64", "material": object}).fillna({"material": "none"})
    unseen = data.copy()
    unseen.loc[:9, "material"] = "never seen"
    unseen.loc[5:15, "zone"] = 99
    model = library.CatBoostRegressor(cat_features=["material", "zone"], **few).fit(data, data_target)
    yield "catboost_categories", model, unseen, {"response": "price"}


def xgboost():
    import xgboost as library

    matrix, target = numbers()
    few = {"n_estimators": 25, "max_depth": 4}
    release = f"xgboost_{library.__version__.split('.')[0]}"

    def rows(model):
        table, thresholds = model.get_booster().trees_to_dataframe(), {}
        for column, threshold in zip(table["Feature"], table["Split"]):
            if column != "Leaf" and numpy.isfinite(threshold):
                thresholds.setdefault(int(column[1:]), []).append(numpy.float32(threshold))
        return on_thresholds(matrix, thresholds).astype("f4")

    model = library.XGBRegressor(**few).fit(matrix, target)
    yield f"{release}_regression", model, rows(model), {"features": ["a", "b", "c", "d", "e"], "response": "price"}
    model = library.XGBClassifier(**few).fit(matrix, classes(target, 2))
    yield f"{release}_two_classes", model, rows(model), {"classes": ["no", "yes"], "threshold": 0.3}
    model = library.XGBClassifier(early_stopping_rounds=2, **few)
    model.fit(matrix, classes(target, 3), eval_set=[(matrix[:80], classes(target, 3)[::-1][:80])], verbose=False)
    yield f"{release}_three_classes_stopped_early", model, rows(model), {}
    yield f"{release}_three_classes_all_trees", model.get_booster(), rows(model), {}
    model = library.XGBRegressor(booster="dart", rate_drop=0.3, objective="count:poisson", **few)
    yield f"{release}_dart", model.fit(matrix, numpy.exp(target / 8)), matrix, {}
    data, data_target = frame()
    model = library.XGBRegressor(enable_categorical=True, **few).fit(data, data_target)
    # Another order than the training data's, and levels that it had not.
    other = [*LEVELS[::-1], "a", "never seen", "zzz"]
    unseen = data.copy()
    unseen["material"] = unseen["material"].cat.set_categories(other)
    unseen["material"] = [other[-1 - at % 3] if at < 12 else value for at, value in enumerate(unseen["material"])]
    unseen["material"] = unseen["material"].astype("category")
    unseen["zone"] = [99 if 6 <= at < 18 else value for at, value in enumerate(unseen["zone"])]
    options = {} if tuple(map(int, library.__version__.split(".")[:2])) >= (3, 1) else {"categories": data}
    yield f"{release}_categories", model, unseen, options
    twin = library.XGBRegressor(enable_categorical=True, max_cat_to_onehot=99, **few).fit(data, data_target)
    yield f"{release}_categories_one_by_one", twin, unseen.astype({"material": object, "zone": "int64"}), options


def spark():
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import GBTClassifier, RandomForestClassifier
    from pyspark.ml.feature import StringIndexer, VectorAssembler
    from pyspark.ml.linalg import Vectors
    from pyspark.ml.regression import GBTRegressor, RandomForestRegressor
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    matrix, target = numbers(missing=0.0)
    edge = on_thresholds(matrix, {})
    lines = [(Vectors.dense(row), float(number), float(two), float(three)) for row, number, two, three in
             zip(matrix, target, classes(target, 2), classes(target, 3))]
    data = session.createDataFrame(lines, ["features", "label", "two", "three"])
    names = {"features": ["a", "b", "c", "d", "e"]}
    yield "spark_gbt_regression", GBTRegressor(maxIter=11, seed=1).fit(data), edge, names
    yield "spark_gbt_classes", GBTClassifier(labelCol="two", maxIter=10, seed=1).fit(data), edge, {**names, "threshold": 0.4}
    yield "spark_forest_regression", RandomForestRegressor(numTrees=9, seed=1).fit(data), edge, names
    yield "spark_forest_classes", RandomForestClassifier(labelCol="three", numTrees=9, seed=1).fit(data), edge, names
    material = numpy.array(LEVELS, dtype=object)[numpy.arange(ROWS) * 7 % len(LEVELS)]
    labels = numpy.where(target + 4.0 * (material == "brick") > 0, "yes", "no")
    lines = [(float(a), str(m), float(b), str(label)) for a, m, b, label in zip(matrix[:, 0], material, matrix[:, 1], labels)]
    data = session.createDataFrame(lines, ["sqft", "material", "age", "dear"])
    pipeline = Pipeline(stages=[
        StringIndexer(inputCol="material", outputCol="material_index", handleInvalid="keep"),
        StringIndexer(inputCol="dear", outputCol="label", handleInvalid="keep"),
        VectorAssembler(inputCols=["sqft", "material_index", "age"], outputCol="features", handleInvalid="keep"),
        GBTClassifier(maxIter=10, seed=1)])
    indexed = Pipeline(stages=[pipeline.getStages()[0], StringIndexer(inputCol="dear", outputCol="label"),
                               *pipeline.getStages()[2:]]).fit(data)
    unseen = [{"sqft": row[0], "material": "never seen" if at % 9 == 0 else row[1], "age": row[2], "dear": row[3]}
              for at, row in enumerate(lines)]
    yield "spark_pipeline", indexed, session.createDataFrame(unseen), {"response": "dear"}


def h2o():
    import h2o as library
    from h2o.estimators import H2OGradientBoostingEstimator, H2ORandomForestEstimator

    # A server of its own: the usual port may have one of another release.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    library.init(nthreads=1, max_mem_size="2G", ip="127.0.0.1", port=port, bind_to_localhost=True)
    library.no_progress()
    data, target = frame()
    lines = [[None if value != value or value is None else value for value in row] + [float(number), label]
             for row, number, label in zip(data.astype(object).values.tolist(), target,
                                           numpy.array(["low", "mid", "high"], dtype=object)[classes(target, 3)])]
    lines = [[row[0], row[1], None if row[2] is None else f"zone {row[2]}", *row[3:], "yes" if row[5] > 0 else "no"] for row in lines]
    types = ["numeric", "enum", "enum", "numeric", "numeric", "numeric", "enum", "enum"]
    names = ["sqft", "material", "zone", "age", "size", "price", "three", "dear"]
    table = library.H2OFrame(lines, column_names=names, column_types=types)
    inputs = names[:5]
    # Levels that training had not; a frame of its own numbers them anew.
    edge = [[row[0], "a" if at < 6 else row[1], "zone 99" if 3 <= at < 9 else row[2], *row[3:5]] for at, row in enumerate(lines)]
    unseen = library.H2OFrame(edge, column_names=inputs, column_types=types[:5])
    few = {"ntrees": 12, "max_depth": 4, "seed": 1}
    for name, make, answer in (("gbm_regression", H2OGradientBoostingEstimator, "price"),
                               ("gbm_two_classes", H2OGradientBoostingEstimator, "dear"),
                               ("gbm_three_classes", H2OGradientBoostingEstimator, "three"),
                               ("drf_regression", H2ORandomForestEstimator, "price"),
                               ("drf_two_classes", H2ORandomForestEstimator, "dear")):
        model = make(**few)
        model.train(x=inputs, y=answer, training_frame=table)
        yield f"h2o_{name}", model, unseen, {}
        # And once more through the tree API.
        by_trees = copy.copy(model)
        by_trees.download_mojo = _refused
        yield f"h2o_{name}_by_trees", by_trees, unseen, {}


def _refused(**_):
    """What H2O from 3.46.0.12 on does when it is asked for a MOJO."""
    raise OSError("MOJO export is not part of this release")
