"""generate.py MODEL_FOLDER FILE: a trained model as ONNX."""

import pathlib
import sys

from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

COLUMNS = 28

folder = pathlib.Path(sys.argv[1])
types = [("rows", FloatTensorType([None, COLUMNS]))]
if (folder / "model.txt").exists():
    import lightgbm

    model = convert_lightgbm(lightgbm.Booster(model_file=folder / "model.txt"), initial_types=types, zipmap=False)
else:
    import xgboost

    booster = xgboost.Booster(model_file=folder / "booster.json")
    # The only names that the converter reads.
    booster.feature_names = [f"f{column}" for column in range(COLUMNS)]
    model = convert_xgboost(booster, initial_types=types)
pathlib.Path(sys.argv[2]).write_bytes(model.SerializeToString())
