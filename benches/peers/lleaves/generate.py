"""generate.py MODEL OBJECT: a trained LightGBM model as machine code for this processor."""

import sys

import lleaves

lleaves.Model(sys.argv[1]).compile(cache=sys.argv[2], raw_score=True)
