"""The shapes of the models, and the synthetic data that they are trained on and score.

Every number is a multiple of 1/1024, so that a trainer that rounds to 32 bits, and a threshold halfway between two
numbers, mean the same in 32 and in 64 bits. Nothing is missing.
"""

from dataclasses import dataclass

import numpy

COLUMNS = 28
SCORING_ROWS = 20_000
TRAINING_ROWS = 60_000
# So many of a training's rows at least are in a leaf: with it trees of depth 8 have about half of their 256 leaves.
LEAF_ROWS_MIN = 40
LEARNING_RATE = 0.1

TRAINING_SEED = 1
SCORING_SEED = 2
TRAINER_SEED = 3


@dataclass(frozen=True)
class Shape:
    """How large a model is."""

    trees: int
    depth: int


SHAPES = {"S": Shape(100, 5), "M": Shape(500, 6), "L": Shape(1000, 8)}


def rows(count, seed):
    """A matrix of as many rows: columns that are normal, skewed, whole numbers of few values, and flags."""
    random = numpy.random.default_rng(seed)
    normal = random.normal(0.0, 1.0, (count, 12))
    skewed = random.exponential(1.0, (count, 8))
    whole = random.integers(0, 12, (count, 4)).astype(float)
    flags = random.integers(0, 2, (count, 4)).astype(float)
    # The kinds alternate as they would in a table of a person's.
    order = [0, 12, 20, 24, 1, 2, 13, 3, 14, 21, 4, 25, 5, 15, 6, 16, 22, 7, 8, 17, 26, 9, 18, 10, 23, 19, 11, 27]
    matrix = numpy.concatenate([normal, skewed, whole, flags], axis=1)[:, order]
    return numpy.round(matrix * 1024.0) / 1024.0


def target(matrix, seed):
    """A number to learn that needs every column and some products of them."""
    random = numpy.random.default_rng(seed + 1000)
    weights = numpy.random.default_rng(0).normal(0.0, 1.0, COLUMNS)
    smooth = numpy.sin(matrix * 1.7) @ weights
    products = (matrix * numpy.roll(matrix, 5, axis=1)) @ numpy.roll(weights, 3) * 0.3
    steps = numpy.where(matrix > 0.5, 1.0, 0.0) @ numpy.roll(weights, 7)
    return smooth + products + steps + random.normal(0.0, 0.5, len(matrix))


def training():
    """The rows that a model is trained on, and what it learns."""
    matrix = rows(TRAINING_ROWS, TRAINING_SEED)
    return matrix, target(matrix, TRAINING_SEED)


def scoring():
    """The rows that are scored: distinct, and none of those of the training."""
    matrix = rows(SCORING_ROWS, SCORING_SEED)
    assert len(numpy.unique(matrix, axis=0)) == SCORING_ROWS, "rows are distinct"
    return matrix


def column_names():
    """As every trainer is told them."""
    return [f"x{index}" for index in range(COLUMNS)]
