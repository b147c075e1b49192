"""generate.py MODEL_FOLDER SOURCE_FOLDER QUANTIZED: a trained model as C."""

import pathlib
import sys

import tl2cgen
import treelite

# Its compiler's own advice for large models: without it one function holds all trees.
UNITS = 32

folder, source, quantized = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if (folder / "model.txt").exists():
    model = treelite.frontend.load_lightgbm_model(folder / "model.txt")
else:
    model = treelite.frontend.load_xgboost_model(folder / "booster.json")
tl2cgen.generate_c_code(model, dirpath=source, params={"parallel_comp": UNITS, "quantize": quantized})
