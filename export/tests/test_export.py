"""What is written beside a dump, what is refused, and the command line. Scores are compared where the
models are built."""

import importlib.metadata
import json
import math
import pickle
import subprocess
import sys
import types
from pathlib import Path

import numpy
import pandas
import pytest
try:
    import tomllib
except ImportError:
    import tomli as tomllib

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
import gbm_export
import training

import catboost
import lightgbm
from sklearn import ensemble, linear_model, pipeline

FEW = {"n_estimators": 3, "num_leaves": 4, "verbose": -1}


@pytest.fixture
def boosted():
    matrix, target = training.numbers()
    return lightgbm.LGBMRegressor(**FEW).fit(matrix, target), matrix


@pytest.fixture
def classified():
    matrix, target = training.numbers()
    labels = numpy.array(["no", "yes"], dtype=object)[training.classes(target, 2)]
    return lightgbm.LGBMClassifier(**FEW).fit(matrix, labels), matrix


def toml(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_is_tested_is_the_installed_package_which_needs_no_other():
    package = importlib.metadata.distribution("gbm-export")
    assert package.version == gbm_export.__version__ and not package.requires
    assert Path(package.locate_file("gbm_export.py")).samefile(gbm_export.__file__)


def test_a_positional_model_gets_its_names_and_its_records_have_them(boosted, tmp_path):
    model, matrix = boosted
    names = ["a", "b", "größe", 'say "d"', "e\x7f"]
    files = gbm_export.save(model, tmp_path / "m", rows=matrix[:9], features=names, response="price")
    assert [file.name for file in files] == ["m.txt", "m.toml", "m.expected.jsonl"]
    assert toml(tmp_path / "m.toml") == {"response": "price", "features": names}
    rows = lines(tmp_path / "m.expected.jsonl")
    assert len(rows) == 9 and list(rows[0]["row"]) == names
    assert [row["margin"][0] for row in rows] == model.predict(matrix[:9], raw_score=True).tolist()


def test_a_row_holds_every_bit_and_null_and_infinities(boosted, tmp_path):
    model, _ = boosted
    row = [0.1 + 0.2, math.nan, math.inf, -math.inf, 5e-324]
    gbm_export.save(model, tmp_path / "m", rows=numpy.array([row]))
    found = lines(tmp_path / "m.expected.jsonl")[0]["row"]
    assert list(found.values()) == [0.30000000000000004, None, "Infinity", "-Infinity", 5e-324]


def test_a_threshold_decides_the_recorded_label(classified, tmp_path):
    model, matrix = classified
    gbm_export.save(model, tmp_path / "m", rows=matrix, threshold=0.55)
    assert toml(tmp_path / "m.toml") == {"threshold": 0.55, "classes": ["no", "yes"]}
    rows = lines(tmp_path / "m.expected.jsonl")
    assert {row["prediction"] for row in rows} == {"no", "yes"}
    assert all((row["prediction"] == "yes") == (row["probabilities"]["yes"] >= 0.55) for row in rows)


def test_rows_as_lists_dicts_matrix_and_frame_record_the_same(boosted, tmp_path):
    model, matrix = boosted
    names = [f"Column_{index}" for index in range(5)]
    kinds = [matrix[:7], matrix[:7].tolist(), pandas.DataFrame(matrix[:7], columns=names),
             pandas.DataFrame(matrix[:7], columns=list("vwxyz")), [dict(zip(names[::-1], row[::-1].tolist())) for row in matrix[:7]]]
    texts = set()
    for rows in kinds:
        gbm_export.save(model, tmp_path / "m", rows=rows)
        texts.add((tmp_path / "m.expected.jsonl").read_text())
    assert len(texts) == 1


def test_a_frame_whose_columns_stand_otherwise_is_put_in_order(tmp_path):
    data, target = training.frame()
    model = lightgbm.LGBMRegressor(**FEW).fit(data, target)
    texts = set()
    for rows in (data, data[data.columns[::-1]]):
        gbm_export.save(model, tmp_path / "m", rows=rows)
        texts.add((tmp_path / "m.expected.jsonl").read_text(encoding="utf-8"))
    assert len(texts) == 1
    assert lines(tmp_path / "m.expected.jsonl")[0]["row"]["material"] is None
    assert {row["row"]["zone"] for row in lines(tmp_path / "m.expected.jsonl")} == {str(zone) for zone in range(1, 9)}


def test_a_forest_is_scored_in_order_whatever_its_threads(tmp_path):
    matrix, target = training.numbers()
    model = ensemble.RandomForestRegressor(n_estimators=20, n_jobs=2, random_state=1).fit(matrix, target)
    gbm_export.save(model, tmp_path / "m", rows=matrix)
    for row in lines(tmp_path / "m.expected.jsonl"):
        assert row["margin"][0] / 20 == row["prediction"]
    assert model.n_jobs == 2


def test_files_of_an_earlier_export_go(boosted, classified, tmp_path):
    gbm_export.save(classified[0], tmp_path / "m", rows=classified[1])
    matrix, target = training.numbers(missing=0.0)
    model = ensemble.GradientBoostingRegressor(n_estimators=2).fit(matrix, target)
    gbm_export.save(model, tmp_path / "m")
    assert [file.name for file in tmp_path.iterdir()] == ["m.json"]


def test_what_a_person_wrote_into_the_toml_stays(boosted, tmp_path):
    model, matrix = boosted
    (tmp_path / "m.toml").write_text('# ours\nresponse = "old"\nform = "ranked"\nfeatures = [\n  "x",\n]\nignored = [\n  "id",\n]\n\n'
                                     '[categories]\nold = ["gone"]\n\n[aliases]\na = "/house/a"\n')
    for _ in range(2):
        gbm_export.save(model, tmp_path / "m", response="price", features=list("abcde"))
        assert (tmp_path / "m.toml").read_text() == ('response = "price"\nfeatures = ["a", "b", "c", "d", "e"]\nform = "ranked"\n'
                                                     'ignored = [\n  "id",\n]\n\n[aliases]\na = "/house/a"\n')


def test_the_dump_of_scikit_learn_has_what_the_estimator_has(tmp_path):
    matrix, target = training.numbers(missing=0.0)
    model = ensemble.GradientBoostingRegressor(n_estimators=3, max_depth=2).fit(matrix, target)
    gbm_export.save(model, tmp_path / "m", features=list("abcde"))
    dump = json.loads((tmp_path / "m.json").read_text())
    tree = model.estimators_[0, 0].tree_
    root = dump["trees"][0]["nodes"][0]
    assert dump["numbers"] == "float32" and dump["sum"]["base"] == [target.mean()]
    assert (root["column"], root["at_most"]) == (tree.feature[0], tree.threshold[0])
    assert [column["name"] for column in dump["columns"]] == list("abcde")


REFUSED = {
    "gives a constant": lambda m, t: (ensemble.GradientBoostingRegressor(init=linear_model.LinearRegression(), n_estimators=2)
                                      .fit(m, t), {}, "LinearRegression, whose predictions are no constant"),
    "untrained": lambda m, t: (ensemble.RandomForestRegressor(), {}, "call fit first"),
    "linear": lambda m, t: (linear_model.LinearRegression().fit(m, t), {}, "LinearRegression can't be exported"),
    "pipeline": lambda m, t: (pipeline.make_pipeline(ensemble.RandomForestRegressor()), {}, "give the estimator inside"),
    "two targets": lambda m, t: (ensemble.RandomForestClassifier(n_estimators=2).fit(m, numpy.stack([t > 0, t > 1], 1)), {},
                                 "several targets at once"),
    "another thing": lambda m, t: ({"a": 1}, {}, "builtins.dict is no model"),
    "threshold of a regression": lambda m, t: (lightgbm.LGBMRegressor(**FEW).fit(m, t), {"threshold": 0.5},
                                               "needs a model of two classes"),
    "threshold": lambda m, t: (lightgbm.LGBMRegressor(**FEW).fit(m, t), {"threshold": 1.5}, "1.5 is no probability"),
    "too few names": lambda m, t: (lightgbm.LGBMRegressor(**FEW).fit(m, t), {"features": ["a"]}, "1 names in `features` for 5"),
    "too few labels": lambda m, t: (lightgbm.LGBMClassifier(**FEW).fit(m, t > 0), {"classes": ["a"]}, "1 labels in `classes`"),
    "one name twice": lambda m, t: (lightgbm.LGBMRegressor(**FEW).fit(m, t), {"features": list("abcda"), "rows": m},
                                    "two columns have one name"),
    "rows too narrow": lambda m, t: (lightgbm.LGBMRegressor(**FEW).fit(m, t), {"rows": m[:, :4]}, "the model 5 columns"),
    "no rows": lambda m, t: (lightgbm.LGBMRegressor(**FEW).fit(m, t), {"rows": []}, "there are no rows"),
    "other names": lambda m, t: (lightgbm.LGBMRegressor(**FEW).fit(m, t), {"rows": [{"z": 1.0}]}, "the columns z"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_reason_and_nothing_written(case, tmp_path):
    model, options, reason = REFUSED[case](*training.numbers(missing=0.0))
    with pytest.raises(gbm_export.ExportError, match=reason):
        gbm_export.save(model, tmp_path / "m", **options)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_and_an_unusable_name_are_refused(boosted, tmp_path):
    with pytest.raises(gbm_export.ExportError, match="create it first"):
        gbm_export.save(boosted[0], tmp_path / "nowhere" / "m")
    with pytest.raises(gbm_export.ExportError, match="can't name a Rust module"):
        gbm_export.save(boosted[0], tmp_path / "2024")


def test_catboost_categories_that_the_rows_do_not_show_are_asked_for(tmp_path):
    data, target = training.frame()
    data = data.astype({"zone": "int64", "material": object}).fillna({"material": "none"})
    model = catboost.CatBoostRegressor(iterations=5, cat_features=["material", "zone"], verbose=False,
                                       allow_writing_files=False).fit(data, target)
    with pytest.raises(gbm_export.ExportError, match="the levels of 'material'"):
        gbm_export.save(model, tmp_path / "m", rows=data[:2])
    levels = {"material": [*training.LEVELS, "none"], "zone": range(1, 9)}
    gbm_export.save(model, tmp_path / "m", rows=data[:2], categories=levels)
    known = json.loads((tmp_path / "m.json").read_text())["features_info"]["cat_features_hash"]
    assert {entry["value"] for entry in known} == {*training.LEVELS, "none", *map(str, range(1, 9))}


def run(*arguments):
    command = [sys.executable, "-W", "ignore", "-m", "gbm_export", *map(str, arguments)]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120)


def test_the_command_line_writes_what_the_function_writes(classified, tmp_path):
    model, matrix = classified
    gbm_export.save(model, tmp_path / "of_function", rows=matrix[:20], response="r", threshold=0.4, features=list("abcde"))
    model.booster_.save_model(tmp_path / "saved.txt")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    rows = [{name: None if number != number else number for name, number in zip("abcde", row)} for row in matrix[:20].tolist()]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pandas.DataFrame(matrix[:20], columns=list("abcde")).to_csv(tmp_path / "rows.csv", index=False)
    for saved, table, labels in (("saved.txt", "rows.jsonl", ("--classes", "no,yes")), ("model.pkl", "rows.csv", ())):
        done = run(tmp_path / saved, tmp_path / "of_command", "--rows", tmp_path / table, "--response", "r", "--threshold", 0.4,
                   "--features", "a,b,c,d,e", *labels)
        assert done.returncode == 0, done.stderr
        for ending in (".txt", ".toml", ".expected.jsonl"):
            assert (tmp_path / f"of_command{ending}").read_text() == (tmp_path / f"of_function{ending}").read_text(), ending


def test_the_command_line_takes_catboost_cbm_and_refuses_its_json(tmp_path):
    matrix, target = training.numbers()
    model = catboost.CatBoostRegressor(iterations=3, verbose=False, allow_writing_files=False).fit(matrix, target)
    gbm_export.save(model, tmp_path / "of_function")
    model.save_model(str(tmp_path / "model.cbm"))
    done = run(tmp_path / "model.cbm", tmp_path / "of_command")
    assert done.returncode == 0 and "no rows were given" in done.stderr
    read = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("of_function", "of_command")]
    assert read[0]["oblivious_trees"] == read[1]["oblivious_trees"]
    refused = run(tmp_path / "of_function.json", tmp_path / "again")
    assert refused.returncode == 1 and "give the .cbm, which is exact" in refused.stderr
    assert not list(tmp_path.glob("again*"))


@pytest.mark.parametrize(("text", "reason"), [
    ('{"features_info": {}}', "give the .cbm"),
    ('{"name": "tree", "tree_info": []}', "LightGBM does not load its JSON.*give the model.txt"),
    ('{ "gbm_json": 1}', "GBM JSON, a dump as it is"),
    ('{"params": {}, "domainValues": [], "trees": []}', "H2O's JSON, a dump as it is"),
    ('{"weights": [1.5], "learner_rate": 0.1}', "no model that is known: its keys are weights, learner_rate"),
    ('{"learner": {"attributes"', "no whole JSON"),
    ("[]", "no model that is known: XGBoost's"),
])
def test_a_json_that_is_not_taken_is_called_what_it_is(text, reason, tmp_path):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(gbm_export.ExportError, match=reason):
        gbm_export.load(tmp_path / "model.json")


def test_the_trees_of_h2o_are_read_one_by_one_where_it_gives_no_mojo(tmp_path, monkeypatch, capsys):
    """What the library's objects look like; `scripts/test-export --all` has the library itself."""
    make = type("H2OSplitNode", (types.SimpleNamespace,), {})
    leaf = type("H2OLeafNode", (types.SimpleNamespace,), {})
    by_level = make(id=1, split_feature="kind", threshold=float("nan"), left_levels=["a", "c"], right_levels=["b"],
                    na_direction="RIGHT", left_child=leaf(id=3, prediction=0.25), right_child=leaf(id=4, prediction=-1.0))
    root = make(id=0, split_feature="size", threshold=2.5, left_levels=[], right_levels=[], na_direction="LEFT",
                left_child=by_level, right_child=leaf(id=2, prediction=0.5))
    library, trees = types.ModuleType("h2o"), types.ModuleType("h2o.tree")
    library.__version__ = "3.46.0.12"
    trees.H2OTree = lambda model, group, of_class: types.SimpleNamespace(root_node=root)
    monkeypatch.setitem(sys.modules, "h2o", library)
    monkeypatch.setitem(sys.modules, "h2o.tree", trees)

    class Estimator:
        algo = "gbm"
        actual_params = {"ntrees": 1, "distribution": "gaussian"}
        _model_json = {"response_column_name": "price", "output": {
            "names": ["size", "kind", "price"], "column_types": ["Numeric", "Enum", "Numeric"],
            "domains": [None, ["a", "b", "c"], None], "init_f": 1.5}}

        def download_mojo(self, path):
            raise OSError("not part of this release")

    Estimator.__module__ = "h2o.estimators.gbm"
    gbm_export.save(Estimator(), tmp_path / "m")
    assert "H2O 3.46.0.12 gave no MOJO (OSError)" in capsys.readouterr().err
    assert toml(tmp_path / "m.toml") == {"response": "price"}
    dump = json.loads((tmp_path / "m.json").read_text())
    assert dump["domainValues"] == [{"colId": 1, "colName": "kind", "values": ["a", "b", "c"]}]
    assert dump["params"]["base_score"] == 1.5 and dump["params"]["link_function"] == "identity"
    numeric, = (tree["root"] for tree in dump["trees"])
    assert (numeric["colName"], numeric["splitValue"], numeric["leftward"], numeric["isCategorical"]) == ("size", 2.5, True, False)
    assert numeric["rightChild"] == {"nodeNumber": 2, "predValue": 0.5}
    level = numeric["leftChild"]
    assert (level["colName"], level["leftward"], level["isCategorical"]) == ("kind", False, True) and "splitValue" not in level
    assert level["leftChild"] == {"nodeNumber": 3, "predValue": 0.25, "matchValues": [0, 2]}
    assert level["rightChild"] == {"nodeNumber": 4, "predValue": -1.0, "matchValues": [1]}


def test_the_command_line_takes_levels_from_a_file(tmp_path):
    data, target = training.frame()
    data = data.astype({"zone": "int64", "material": object}).fillna({"material": "none"})[["material", "zone"]]
    few = {"iterations": 5, "verbose": False, "allow_writing_files": False}
    catboost.CatBoostRegressor(cat_features=["material", "zone"], **few).fit(data, target).save_model(str(tmp_path / "model.cbm"))
    data.iloc[:1].to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    levels = {name: sorted({str(level) for level in data[name]}) for name in data}
    (tmp_path / "levels.json").write_text(json.dumps(levels))
    arguments = (tmp_path / "model.cbm", tmp_path / "m", "--rows", tmp_path / "rows.jsonl")
    refused = run(*arguments)
    assert refused.returncode == 1 and "give all levels" in refused.stderr
    done = run(*arguments, "--categories", tmp_path / "levels.json")
    assert done.returncode == 0, done.stderr
    texts = {entry["value"] for entry in json.loads((tmp_path / "m.json").read_text())["features_info"]["cat_features_hash"]}
    assert texts == {level for known in levels.values() for level in known}
    for wrong in ("[1]", '{"material": "brick"}', "{"):
        (tmp_path / "levels.json").write_text(wrong)
        refused = run(*arguments, "--categories", tmp_path / "levels.json")
        assert refused.returncode == 1 and '["level", ...]' in refused.stderr, refused.stderr


def test_a_cell_of_a_csv_is_a_text_where_the_model_has_levels_and_else_a_number(tmp_path):
    rows = [{"code": code, "size": size} for code in ("007", "7", "1e3", "1_0", "nan") for size in range(20)]
    target = [50.0 * (at // 20) + row["size"] / 100.0 for at, row in enumerate(rows)]
    data = pandas.DataFrame(rows)
    of_levels = data.assign(code=data["code"].astype("category"))
    few = {"iterations": 9, "verbose": False, "allow_writing_files": False, "one_hot_max_size": 9}
    models = [(lightgbm.LGBMRegressor(**FEW, min_data_per_group=1, cat_smooth=0.0).fit(of_levels, target), of_levels),
              (ensemble.HistGradientBoostingRegressor(categorical_features="from_dtype").fit(of_levels, target), of_levels),
              (catboost.CatBoostRegressor(cat_features=["code"], **few).fit(data, target), data)]
    (tmp_path / "rows.csv").write_text("size,code\n" + "".join(f"{row['size']:03},{row['code']}\n" for row in rows) + "008,\n")
    csv_rows = gbm_export._load_rows(tmp_path / "rows.csv")
    for model, known in models:
        given = csv_rows if model is not models[2][0] else gbm_export._CsvRows(csv_rows[:-1])
        gbm_export.save(model, tmp_path / "m", rows=given)
        found = lines(tmp_path / "m.expected.jsonl")
        assert [line["row"] for line in found[:len(rows)]] == rows
        assert [line["margin"][0] for line in found[:len(rows)]] == model.predict(known).tolist()
        assert found[len(rows):] == [] or found[-1]["row"] == {"code": None, "size": 8}
        # The levels lead to different predictions: one taken for another would show.
        assert len({line["margin"][0] for line in found if line["row"]["size"] == 3}) > 2


def test_a_number_of_a_csv_is_one_in_any_notation(boosted, tmp_path):
    (tmp_path / "rows.csv").write_text("a,b,c,d,e\n007,-1.50,1e3,nan,\nTrue,False,true,false,1\n")
    gbm_export.save(boosted[0], tmp_path / "m", rows=gbm_export._load_rows(tmp_path / "rows.csv"), features=list("abcde"))
    found = lines(tmp_path / "m.expected.jsonl")
    assert found[0]["row"] == {"a": 7, "b": -1.5, "c": 1000.0, "d": None, "e": None}
    assert found[1]["row"] == {"a": 1, "b": 0, "c": 1, "d": 0, "e": 1}, "as a data frame writes booleans"


def test_the_command_line_says_what_is_wrong_with_rows(boosted, tmp_path):
    boosted[0].booster_.save_model(tmp_path / "model.txt")
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n{"secret": 42,}\n')
    done = run(tmp_path / "model.txt", tmp_path / "m", "--rows", tmp_path / "rows.jsonl")
    assert done.returncode == 1 and "line 2 is no JSON" in done.stderr and "secret" not in done.stderr
    assert run(tmp_path / "nothing.txt", tmp_path / "m").returncode == 1


def test_levels_are_looked_up_by_text_whatever_the_rows_write_them_as(tmp_path):
    data, target = training.frame()
    by_number = data.astype({"zone": "int64"}).astype({"material": object})
    forest = ensemble.HistGradientBoostingRegressor(max_iter=4, categorical_features=["material", "zone"]).fit(by_number, target)
    boosted = lightgbm.LGBMRegressor(**FEW).fit(data, target)
    kinds = [data, data.assign(material=data["material"].cat.reorder_categories(training.LEVELS[::-1])),
             data.assign(zone=data["zone"].astype(str)), data.astype({"zone": "float64", "material": object}),
             data.astype(object).where(data.notna(), None).to_dict("records")]
    for model, own in ((boosted, boosted.predict(data)), (forest, forest.predict(by_number))):
        for rows in kinds:
            gbm_export.save(model, tmp_path / "m", rows=rows)
            found = lines(tmp_path / "m.expected.jsonl")
            assert [line["margin"][0] for line in found] == own.tolist()
            assert [line["row"]["zone"] for line in found] == [str(zone) for zone in data["zone"]]


def test_an_unseen_level_is_recorded_by_its_text_and_scored_as_missing(tmp_path, capsys):
    data, target = training.frame()
    forest = ensemble.HistGradientBoostingRegressor(max_iter=9, categorical_features="from_dtype").fit(data, target)
    boosted = lightgbm.LGBMRegressor(**{**FEW, "n_estimators": 20}).fit(data, target)
    unseen, missing = data.astype({"zone": object}), data.copy()
    unseen["zone"], missing["zone"] = "straw", pandas.Categorical([None] * len(data), categories=range(1, 9))
    for model in (boosted, forest):
        gbm_export.save(model, tmp_path / "m", rows=unseen)
        found = lines(tmp_path / "m.expected.jsonl")
        assert {line["row"]["zone"] for line in found} == {"straw"}
        assert [line["margin"][0] for line in found] == model.predict(missing).tolist() != model.predict(data).tolist()
        assert "300 of 300 rows have a level of 'zone' that the model doesn't know" in capsys.readouterr().err


def test_codes_get_the_texts_that_are_given(tmp_path):
    matrix, target = training.numbers()
    matrix[:, 1] = numpy.arange(len(matrix)) % 3
    model = lightgbm.LGBMRegressor(**FEW).fit(matrix, target + matrix[:, 1], categorical_feature=[1])
    names, levels = list("abcde"), ["low", "mid", "high"]
    texts = pandas.DataFrame(matrix, columns=names).assign(b=[levels[int(code)] for code in matrix[:, 1]])
    for rows in (matrix, texts, texts.astype({"b": "category"})):
        gbm_export.save(model, tmp_path / "m", rows=rows, features=names, categories={"b": levels})
        found = lines(tmp_path / "m.expected.jsonl")
        assert [line["row"]["b"] for line in found] == texts["b"].tolist()
        assert [line["margin"][0] for line in found] == model.predict(matrix).tolist()
