"""What XGBoost's levels become: looked up by text, and missing where the model never saw them.

Runs against each release that is installed; what they save, and what they make of a level that is unseen, differs.
"""

import json
import sys
from pathlib import Path

import numpy
import pandas
import pytest
import xgboost

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
import gbm_export
import training

SAVES_LEVELS = tuple(map(int, xgboost.__version__.split(".")[:2])) >= (3, 1)


@pytest.fixture
def trained():
    data, target = training.frame()
    model = xgboost.XGBRegressor(enable_categorical=True, n_estimators=9, max_depth=4).fit(data, target)
    return model, data, {} if SAVES_LEVELS else {"categories": data}


def margins(path):
    """The recorded rows, and their margins."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line["row"] for line in lines], [line["margin"] for line in lines]


def own_margins(model, data):
    """XGBoost's own, of rows that have the training data's types."""
    matrix = xgboost.DMatrix(data, enable_categorical=True)
    return model.get_booster().predict(matrix, output_margin=True).reshape(-1, 1).tolist()


def test_known_levels_are_scored_as_xgboost_does(trained, tmp_path):
    model, data, options = trained
    gbm_export.save(model, tmp_path / "m", rows=data, **options)
    rows, found = margins(tmp_path / "m.expected.jsonl")
    assert found == own_margins(model, data)
    assert rows[1]["material"] == data["material"][1] and rows[1]["zone"] == str(data["zone"][1])


def test_an_unseen_level_is_recorded_by_its_text_and_scored_as_missing(trained, tmp_path, capsys):
    model, data, options = trained
    data = data[data["material"].notna()].reset_index(drop=True)
    missing = data.copy()
    missing["material"] = pandas.Categorical([None] * len(data), categories=training.LEVELS)
    # Texts that sort before, between and after the levels.
    for text in ("", "a", "brick ", "never seen", "zzz"):
        unseen = data.assign(material=pandas.Categorical([text] * len(data)))
        gbm_export.save(model, tmp_path / "m", rows=unseen, **options)
        rows, found = margins(tmp_path / "m.expected.jsonl")
        assert {row["material"] for row in rows} == {text}
        assert found == own_margins(model, missing) and found != own_margins(model, data)
        assert f"{len(data)} rows have a level of 'material'" in capsys.readouterr().err


def test_the_order_of_the_rows_own_levels_does_not_matter(trained, tmp_path):
    model, data, options = trained
    kinds = [data, data.astype({"material": object, "zone": "float64"}),
             data.assign(material=data["material"].cat.reorder_categories(training.LEVELS[::-1])),
             data.assign(material=data["material"].cat.add_categories(["a", "zzz"]), zone=data["zone"].astype(str)),
             data[data.columns[::-1]],
             data.astype(object).where(data.notna(), None).to_dict("records")]
    for rows in kinds:
        gbm_export.save(model, tmp_path / "m", rows=rows, **options)
        assert margins(tmp_path / "m.expected.jsonl")[1] == own_margins(model, data)


def test_a_matrix_holds_codes(trained, tmp_path):
    model, data, options = trained
    codes = data.assign(material=data["material"].cat.codes.replace(-1, numpy.nan), zone=data["zone"].cat.codes)
    gbm_export.save(model, tmp_path / "m", rows=codes.to_numpy(dtype="f8"), **options)
    rows, found = margins(tmp_path / "m.expected.jsonl")
    assert found == own_margins(model, data)
    assert rows[1]["material"] == data["material"][1] and rows[0]["material"] is None


def test_levels_that_the_model_does_not_hold_are_asked_for(trained, tmp_path):
    model, data, _ = trained
    if SAVES_LEVELS:
        gbm_export.save(model, tmp_path / "m", rows=data)
        gbm_export.save(model, tmp_path / "m", rows=data, categories=data)
        assert not (tmp_path / "m.toml").exists()
        with pytest.raises(gbm_export.ExportError, match="holds the levels of 'zone' itself, and others"):
            gbm_export.save(model, tmp_path / "m", rows=data, categories={"zone": range(9)})
        return
    with pytest.raises(gbm_export.ExportError, match="saved without the levels of 'material'; give categories=X"):
        gbm_export.save(model, tmp_path / "m", rows=data)
    with pytest.raises(gbm_export.ExportError, match="'material' holds texts"):
        gbm_export.save(model, tmp_path / "m", rows=data.astype({"material": object, "zone": "int64"}))
    assert not list(tmp_path.iterdir())
    levels = {"material": training.LEVELS, "zone": range(1, 9)}
    gbm_export.save(model, tmp_path / "m", rows=data, categories=levels)
    named = (tmp_path / "m.toml").read_text(encoding="utf-8")
    gbm_export.save(model, tmp_path / "m", rows=data, categories=data)
    assert (tmp_path / "m.toml").read_text(encoding="utf-8") == named
