"""Mistakes that are easily made, with models and with rows: each is refused with what to do, or does no harm."""

import json
import math
import sys
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

import catboost
import lightgbm
import xgboost
from sklearn import ensemble

NAMES = ["sqft", "age", "rooms"]
RANDOM = numpy.random.default_rng(3)
DATA = pandas.DataFrame({"sqft": RANDOM.normal(2000, 400, 200).round(1), "age": RANDOM.integers(0, 90, 200),
                         "rooms": RANDOM.integers(1, 7, 200)})
TARGET = (DATA["sqft"] / 100 - DATA["age"] / 7 + DATA["rooms"]).to_numpy()


def make(trainer):
    return {
        "lightgbm": lambda: lightgbm.LGBMRegressor(n_estimators=5, num_leaves=5, verbose=-1),
        "xgboost": lambda: xgboost.XGBRegressor(n_estimators=5, max_depth=3),
        "catboost": lambda: catboost.CatBoostRegressor(iterations=5, depth=3, verbose=False, allow_writing_files=False),
        "gradient": lambda: ensemble.GradientBoostingRegressor(n_estimators=5),
        "histogram": lambda: ensemble.HistGradientBoostingRegressor(max_iter=5),
    }[trainer]()


TRAINERS = ["lightgbm", "xgboost", "catboost", "gradient", "histogram"]


@pytest.fixture(scope="module", params=TRAINERS)
def trained(request):
    return make(request.param).fit(DATA, TARGET)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def refused(model, tmp_path, reason, rows=None, **options):
    with pytest.raises(gbm_export.ExportError, match=reason):
        gbm_export.save(model, tmp_path / "m", rows=rows, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_model_that_is_not_trained_is_refused(trainer, tmp_path):
    refused(make(trainer), tmp_path, "not trained; call fit first")


def test_what_is_no_model_is_refused_with_what_to_give(tmp_path):
    refused(lightgbm.LGBMRegressor, tmp_path, "LGBMRegressor is a class; make a model of it")
    refused("model.txt", tmp_path, r"'model.txt' is no model; gbm_export.load\(path\) reads a saved one")
    refused(lightgbm.Dataset(DATA, TARGET), tmp_path, "a Dataset can't be exported; it may be a?.*LGBMRegressor")
    refused(xgboost.DMatrix(DATA, TARGET), tmp_path, "a DMatrix can't be exported; it may be Booster")
    refused(catboost.Pool(DATA, TARGET), tmp_path, "a Pool can't be exported; it may be CatBoost")


def test_a_frame_with_other_columns_is_not_taken_by_position(trained, tmp_path):
    refused(trained, tmp_path, "not sqft of the model's 3 columns", rows=DATA.rename(columns={"sqft": "area"}))
    refused(trained, tmp_path, "not sqft, age, rooms of the model's 3 columns", rows=DATA.set_axis(list("xyz"), axis=1))
    refused(trained, tmp_path, "not rooms of the model's 3 columns", rows=DATA[["sqft", "age"]])
    refused(trained, tmp_path, "two columns 'sqft'; name them apart", rows=pandas.concat([DATA, DATA[["sqft"]]], axis=1))


def test_more_columns_and_another_order_do_no_harm(trained, tmp_path):
    gbm_export.save(trained, tmp_path / "m", rows=DATA.assign(id=7)[["rooms", "id", "age", "sqft"]])
    found = lines(tmp_path / "m.expected.jsonl")
    assert list(found[0]["row"]) == NAMES
    assert [line["margin"][0] for line in found] == pytest.approx(trained.predict(DATA).tolist(), abs=0)


def test_names_that_are_given_are_those_of_a_frame_or_of_none_of_its_columns(tmp_path):
    model = make("lightgbm").fit(DATA.to_numpy(), TARGET)
    own = model.predict(DATA.to_numpy()).tolist()
    for rows in (DATA, DATA[NAMES[::-1]], DATA.set_axis(list("xyz"), axis=1), DATA.to_numpy()):
        gbm_export.save(model, tmp_path / "m", rows=rows, features=NAMES)
        assert [line["margin"][0] for line in lines(tmp_path / "m.expected.jsonl")] == own
    with pytest.raises(gbm_export.ExportError, match="not age of the model's 3 columns"):
        gbm_export.save(model, tmp_path / "m", rows=DATA.rename(columns={"age": "years"}), features=NAMES)


@pytest.mark.parametrize(("rows", "reason"), [
    ("rows.csv", "the rows are a str; give a data frame"),
    (Path("rows.csv"), "the rows are a .*Path; give a data frame"),
    ({"sqft": [1.0], "age": [2], "rooms": [3]}, "the rows are a dict; give a data frame"),
    (["sqft", "age", "rooms"], "neither dicts nor lists"),
    (DATA.iloc[0], r"the shape \(3,\), and the model 3 columns; give a table"),
    (DATA.to_numpy()[0], r"the shape \(3,\), and the model 3 columns; give a table"),
    (DATA[:0], "there are no rows"),
])
def test_rows_of_another_shape_are_refused(rows, reason, trained, tmp_path):
    refused(trained, tmp_path, reason, rows=rows)


def test_a_sparse_matrix_is_refused_since_it_does_not_tell_zero_from_missing(trained, tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    refused(trained, tmp_path, "whether an empty cell is 0 or missing", rows=sparse.csr_matrix(DATA.to_numpy()))


class Table:
    """What polars' and pyarrow's tables have in common."""

    def __init__(self, frame):
        self.frame = frame
        self.shape = getattr(frame, "shape", None)

    def to_pandas(self):
        if self.frame is None:
            raise ImportError("no module is called pyarrow")
        return self.frame


def test_a_table_that_can_be_made_a_frame_is_one(trained, tmp_path):
    gbm_export.save(trained, tmp_path / "of_frame", rows=DATA)
    gbm_export.save(trained, tmp_path / "of_table", rows=Table(DATA))
    assert lines(tmp_path / "of_table.expected.jsonl") == lines(tmp_path / "of_frame.expected.jsonl")
    with pytest.raises(gbm_export.ExportError, match="can't be made a data frame of pandas.*pyarrow"):
        gbm_export.save(trained, tmp_path / "m", rows=Table(None))


def test_a_column_that_no_dict_has_is_told(trained, tmp_path, capsys):
    if isinstance(trained, ensemble.GradientBoostingRegressor):
        refused(trained, tmp_path, "scikit-learn does not score the rows .*contains NaN", rows=[{"sqft": 1.0, "age": 2, "Rooms": 3}])
    else:
        gbm_export.save(trained, tmp_path / "m", rows=[{"sqft": 1.0, "age": 2, "Rooms": 3}])
        assert lines(tmp_path / "m.expected.jsonl")[0]["row"] == {"sqft": 1.0, "age": 2, "rooms": None}
    assert "no row has the column 'rooms'; it is missing in all of them" in capsys.readouterr().err


def test_rows_that_the_trainer_does_not_score_are_refused_in_its_words(tmp_path):
    dates = DATA.assign(age=pandas.Timestamp("2024-01-01"))
    for trainer in TRAINERS:
        model = make(trainer).fit(DATA, TARGET)
        refused(model, tmp_path, "Timestamp|does not score the rows", rows=dates)
    infinite = DATA.assign(sqft=math.inf)
    refused(make("xgboost").fit(DATA, TARGET), tmp_path, "XGBoost does not score the rows .*inf", rows=infinite)
    refused(make("gradient").fit(DATA, TARGET), tmp_path, "scikit-learn does not score the rows .*infinity", rows=infinite)


@pytest.mark.parametrize(("options", "reason"), [
    ({"threshold": "0.4"}, "'0.4' is no probability"),
    ({"threshold": 40}, "40 is no probability"),
    ({"features": "abc"}, "`features` is the text 'abc'; give a list"),
    ({"classes": "no"}, "`classes` is the text 'no'; give a list"),
])
def test_options_of_another_type_are_refused(options, reason, trained, tmp_path):
    refused(trained, tmp_path, reason, **options)


@pytest.mark.parametrize("ending", [".txt", ".json", ".toml", ".expected.jsonl"])
def test_a_path_with_an_ending_is_refused(ending, trained, tmp_path):
    with pytest.raises(gbm_export.ExportError, match=f"ends in `{ending}`, which is added to it; give '.*/m'"):
        gbm_export.save(trained, tmp_path / f"m{ending}", rows=DATA)
    assert not list(tmp_path.iterdir())


def test_a_name_with_blanks_stays_that_of_the_record_though_lightgbm_changes_it(tmp_path):
    data = DATA.rename(columns={"sqft": "living area", "age": "/ years ~"})
    model = make("lightgbm").fit(data, TARGET)
    for rows in (data, data[data.columns[::-1]], data.to_dict("records")):
        gbm_export.save(model, tmp_path / "m", rows=rows)
        found = lines(tmp_path / "m.expected.jsonl")
        assert list(found[0]["row"]) == ["living area", "/ years ~", "rooms"]
        assert [line["margin"][0] for line in found] == model.predict(data).tolist()
        aliases = tomllib.loads((tmp_path / "m.toml").read_text(encoding="utf-8"))["aliases"]
        assert aliases == {"living_area": "living area", "/_years_~": "/~1 years ~0"}


def test_rows_stand_in_the_record_where_a_persons_aliases_say(tmp_path):
    (tmp_path / "m.toml").write_text("[aliases]\nage = \"/house/built/age\" # years\n'sqft' = \"area\"\n")
    model = make("lightgbm").fit(DATA, TARGET)
    for _ in range(2):
        gbm_export.save(model, tmp_path / "m", rows=DATA[:2])
        row = {"area": DATA["sqft"][0], "house": {"built": {"age": int(DATA["age"][0])}}, "rooms": int(DATA["rooms"][0])}
        assert lines(tmp_path / "m.expected.jsonl")[0]["row"] == row
        assert tomllib.loads((tmp_path / "m.toml").read_text())["aliases"] == {"age": "/house/built/age", "sqft": "area"}
    (tmp_path / "m.toml").write_text("[aliases]\nage = 7\n")
    with pytest.raises(gbm_export.ExportError, match=r"'age = 7' of \[aliases\]"):
        gbm_export.save(model, tmp_path / "m", rows=DATA)


def test_ordered_categories_of_lightgbm_get_their_levels_from_the_rows_types(tmp_path):
    grades = pandas.Categorical(RANDOM.choice([10, 20, 30], len(DATA)), categories=[30, 20, 10], ordered=True)
    data = DATA.assign(grade=grades, land=pandas.Categorical(["de"] * len(DATA)))
    model = make("lightgbm").fit(data, TARGET + data["grade"].astype(int))
    for rows in (data, data.assign(grade=data["grade"].cat.reorder_categories([10, 20, 30]))):
        gbm_export.save(model, tmp_path / "m", rows=rows)
        found = lines(tmp_path / "m.expected.jsonl")
        assert [line["row"]["grade"] for line in found] == [str(grade) for grade in grades]
        assert [line["margin"][0] for line in found] == model.predict(data).tolist()
        assert tomllib.loads((tmp_path / "m.toml").read_text())["categories"] == {"grade": ["30", "20", "10"], "land": ["de"]}
    (tmp_path / "m.toml").unlink()
    with pytest.raises(gbm_export.ExportError, match="can't be told; give rows as a data frame"):
        gbm_export.save(model, tmp_path / "m")


def test_levels_of_which_lightgbms_file_can_not_say_whose_they_are_are_refused(tmp_path):
    data = DATA.assign(grade=pandas.Categorical(DATA["rooms"] % 3, ordered=True))
    few = {"min_data_per_group": 1, "cat_smooth": 0.0, "verbose": -1, "n_estimators": 5}
    model = lightgbm.LGBMRegressor(**few).fit(data, DATA["rooms"] % 2, categorical_feature=["rooms"])
    refused(model, tmp_path, "has codes in 'rooms' beside them.*train with 'rooms' as a category too", rows=data)


def test_levels_of_lightgbm_stand_in_the_toml_too_where_the_rows_types_show_whose_they_are(tmp_path):
    # The numbers of `rooms` could be the codes of ordered categories, and the file does not tell.
    data = DATA.assign(zone=pandas.Categorical(DATA["rooms"].map({3: 10, 4: 20}).fillna(30).astype(int)))
    model = lightgbm.LGBMRegressor(min_data_per_group=1, cat_smooth=0.0, verbose=-1, n_estimators=5).fit(data, TARGET)
    gbm_export.save(model, tmp_path / "m", rows=data)
    assert tomllib.loads((tmp_path / "m.toml").read_text())["categories"] == {"zone": ["10", "20", "30"]}
    gbm_export.save(model, tmp_path / "n", rows=[dict(row) for row in data.astype(object).to_dict("records")])
    assert not (tmp_path / "n.toml").exists() or "categories" not in tomllib.loads((tmp_path / "n.toml").read_text())


def test_booleans_are_the_levels_that_scikit_learn_numbers(tmp_path, capsys):
    data = DATA.assign(pool=pandas.Categorical(DATA["rooms"] % 2 == 0))
    model = ensemble.HistGradientBoostingRegressor(max_iter=5, categorical_features="from_dtype").fit(data, TARGET + (DATA["rooms"] % 2) * 9)
    gbm_export.save(model, tmp_path / "m", rows=data)
    found = lines(tmp_path / "m.expected.jsonl")
    assert [line["margin"][0] for line in found] == model.predict(data).tolist() and not capsys.readouterr().err
    assert {line["row"]["pool"] for line in found} == {"0", "1"}


def test_a_ranker_of_catboost_is_a_model_like_others(tmp_path):
    model = catboost.CatBoostRanker(iterations=3, verbose=False, allow_writing_files=False)
    model.fit(DATA, DATA["rooms"] % 3, group_id=numpy.arange(len(DATA)) // 20)
    gbm_export.save(model, tmp_path / "m", rows=DATA)
    assert [line["prediction"] for line in lines(tmp_path / "m.expected.jsonl")] == model.predict(DATA).tolist()


def test_models_of_catboost_that_can_not_be_exact_are_refused(tmp_path):
    few = {"iterations": 2, "verbose": False, "allow_writing_files": False}
    both = [catboost.CatBoostRegressor(random_seed=seed, **few).fit(DATA, TARGET) for seed in (1, 2)]
    refused(catboost.sum_models(both), tmp_path, "does not say what its loss was", rows=DATA)
    texts = DATA.assign(rooms=DATA["rooms"].astype(str))
    skipped = catboost.CatBoostRegressor(final_ctr_computation_mode="Skip", one_hot_max_size=1, cat_features=["rooms"], **few)
    refused(skipped.fit(texts, DATA["rooms"] % 2 * 9.0), tmp_path, "holds no statistics of its categories", rows=texts)
    wide = catboost.CatBoost({"loss_function": "MultiClass", "classes_count": 9, **few}).fit(DATA, DATA["rooms"])
    refused(wide, tmp_path, "classes_count=9, and 6 classes", rows=DATA)


def test_a_folder_is_no_path(trained, tmp_path):
    with pytest.raises(gbm_export.ExportError, match="is a folder; give a name in it"):
        gbm_export.save(trained, tmp_path, rows=DATA)
