"""generate.py MODEL_FOLDER FILE: a trained LightGBM model as Rust."""

import pathlib
import pickle
import sys

import m2cgen

# The printer recurses over a tree's nodes and over the sum of the trees.
sys.setrecursionlimit(1_000_000)

# A file that this harness wrote itself.
model = pickle.loads((pathlib.Path(sys.argv[1]) / "model.pickle").read_bytes())
pathlib.Path(sys.argv[2]).write_text(m2cgen.export_to_rust(model, indent=1))
