"""Trains the models of some trainers and exports them: python export_models.py FOLDER TRAINER..."""

import sys
from pathlib import Path

import gbm_export
import training


def main(folder, trainers):
    for trainer in trainers:
        for name, model, rows, options in training.of_trainer(trainer):
            gbm_export.save(model, Path(folder) / name, rows=rows, **options)
            lines = (Path(folder) / f"{name}.expected.jsonl").read_text(encoding="utf-8").splitlines()
            margins = sum('"margin"' in line for line in lines)
            print(f"{name}: {len(lines)} rows, {margins} with margins", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
