"""Exports trained tree ensembles: the dump, what it does not carry, and rows with the trainer's own predictions.

In: a model of XGBoost, LightGBM, CatBoost, scikit-learn, Spark ML or H2O, and some rows. Out, beside each other:

- the dump, in the trainer's own format where there is one that keeps every bit, else as GBM JSON (GBM_JSON.md);
- NAME.toml: the names, labels and levels that the dump lacks, the response, the threshold;
- NAME.expected.jsonl: each row with the trainer's own margins, prediction and probabilities.

    import gbm_export
    gbm_export.save(model, "models/house_prices", rows=X_test, response="selling_price")

    python -m gbm_export model.txt models/house_prices --rows rows.jsonl --response selling_price

It needs nothing but the trainer's library and what that brings along. What can't be scored exactly is refused with
the reason, as an `ExportError`; nothing is written then.
"""

import argparse
import contextlib
import copy
import csv
import decimal
import json
import math
import os
import re
import sys
import tempfile
from pathlib import Path

__all__ = ["ExportError", "save", "load"]
__version__ = "0.1.0"


class ExportError(ValueError):
    """The model or the rows can't be exported; the text says what was found and what to do."""


def save(model, path, rows=None, *, response=None, threshold=None, features=None, classes=None, categories=None):
    """Writes the files of a model and returns their paths.

    path: where to, without an ending, such as "models/house_prices"; the folder must be there.
    rows: a data frame, a matrix, a list of dicts or of lists; for Spark or H2O their frames too. Without rows no
        expected rows are written, and nothing checks the model that is built.
    response: the name of the field that the prediction is written to.
    threshold: of two classes the label is the second from this probability on.
    features: names for the columns of a model that numbers them.
    classes: labels for the classes of a model that numbers them.
    categories: {column: its levels in the order of their codes}, for a model that numbers them; or the training data
        frame, whose categorical columns say so.

    A level of the rows is looked up by its text among the model's; one that is not there is missing for the trainer, as it is
    where the model is built, and a line on the standard error tells how many. A matrix of numbers holds codes instead.
    """
    options = _Options(response, threshold, features, classes, categories)
    export = _exporter(model)(model, rows, options)
    return _write(export, Path(path), options)


class _Options:
    def __init__(self, response=None, threshold=None, features=None, classes=None, categories=None):
        for name, given in (("features", features), ("classes", classes)):
            if isinstance(given, str):
                raise ExportError(f"`{name}` is the text {given!r}; give a list of names")
        self.response = response
        self.threshold = threshold
        self.features = None if features is None else [str(name) for name in features]
        self.classes = None if classes is None else [_label(label) for label in classes]
        if hasattr(categories, "iloc"):
            categories = {name: column.cat.categories for name, column in categories.items() if hasattr(column, "cat")}
        self.categories = {str(name): [_label(level) for level in levels] for name, levels in (categories or {}).items()}
        is_number = hasattr(threshold, "__float__") and not isinstance(threshold, bool)
        if threshold is not None and not (is_number and 0 <= threshold <= 1):
            raise ExportError(f"the threshold {threshold!r} is no probability; give a number from 0 to 1")


class _Export:
    """A model on its way to its files."""

    def __init__(self, suffix, dump, columns, classes=None):
        self.suffix = suffix
        self.dump = dump
        self.columns = columns
        self.classes = classes
        self.settings = {}
        self.categories = {}
        # Where the rows have a column under another name than the model.
        self.aliases = {}
        # One entry a row, each; None where there is nothing of the kind.
        self.records = None
        self.margins = None
        self.predictions = None
        self.probabilities = None


# The files


def _write(export, path, options):
    if not path.parent.is_dir():
        raise ExportError(f"there is no folder {path.parent}; create it first")
    name = path.name
    if path.is_dir():
        raise ExportError(f"{path} is a folder; give a name in it, such as {str(path / 'model')!r}")
    if not re.match(r"^[A-Za-z_]", name):
        raise ExportError(f"{name!r} can't name a Rust module; begin it with a letter")
    ending = next((ending for ending in _ENDINGS if name.endswith(ending)), None)
    if ending is not None:
        raise ExportError(f"the path ends in `{ending}`, which is added to it; give {str(path)[:-len(ending)]!r}")
    files = {path.with_name(name + export.suffix): export.dump}
    settings = dict(export.settings)
    if options.response is not None:
        settings["response"] = options.response
    if options.threshold is not None:
        if export.classes is None or len(export.classes) != 2:
            raise ExportError("a threshold needs a model of two classes; leave it out")
        settings["threshold"] = float(options.threshold)
    toml_path, expected_path = path.with_name(name + ".toml"), path.with_name(name + ".expected.jsonl")
    earlier = toml_path.read_text(encoding="utf-8") if toml_path.exists() else ""
    aliases = {**export.aliases, **_aliases_of(earlier)}
    toml = _toml(settings, export.categories, aliases, *_kept(earlier))
    if toml:
        files[toml_path] = toml.encode()
    if export.records is not None:
        export.records = [_placed(record, aliases) for record in export.records]
        files[expected_path] = _expected(export, options.threshold).encode()
    for ending in _ENDINGS:
        stale = path.with_name(name + ending)
        if stale not in files and stale.exists():
            stale.unlink()
    for file, content in files.items():
        _replace(file, content)
    return list(files)


# What a model's files are called behind its name.
_ENDINGS = (".expected.jsonl", ".json", ".ubj", ".txt", ".zip", ".toml")


def _replace(file, content):
    """Readers see the old file or the new one, never a part."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


# What `save` writes into NAME.toml. Other keys and tables are a person's.
_SETTINGS = ("response", "threshold", "features", "classes", "best_iteration")


def _toml(settings, categories, aliases, kept_keys, kept_tables):
    lines = [f"{key} = {_toml_value(settings[key])}" for key in _SETTINGS if settings.get(key) is not None] + kept_keys
    for table, entries in (("categories", categories), ("aliases", aliases)):
        if entries:
            lines += ["", f"[{table}]"] if lines else [f"[{table}]"]
            lines += [f"{_toml_key(name, table)} = {_toml_value(value)}" for name, value in entries.items()]
    lines += ["", *kept_tables] if lines and kept_tables else kept_tables
    return "\n".join(lines) + "\n" if lines else ""


def _kept(text):
    """The lines of an earlier NAME.toml that `save` did not write: those of keys, and those of tables."""
    keys, tables, table, is_kept = [], [], None, False
    for line in text.split("\n"):
        header = re.match(r"\[\s*([^\]\s]+)\s*\]\s*(#.*)?$", line)
        key = re.match(r"([\w-]+)\s*=", line)
        if header:
            table = header.group(1)
            is_kept = table not in ("categories", "aliases")
        elif table is None and key:
            is_kept = key.group(1) not in _SETTINGS
        # What is neither goes on with what stands before it: an array of several lines, a table's keys.
        if is_kept and line.strip():
            (keys if table is None else tables).append(line)
    return keys, tables


def _aliases_of(text):
    """The table `[aliases]` of an earlier NAME.toml, a line a column: where records have it is for a person to say."""
    aliases, is_inside = {}, False
    for line in text.split("\n"):
        header = re.match(r"\[\s*([^\]\s]+)\s*\]\s*(#.*)?$", line)
        if header:
            is_inside = header.group(1) == "aliases"
        entry = re.match(r'([\w-]+|"(?:[^"\\]|\\.)*"|\'[^\']*\')\s*=\s*("(?:[^"\\]|\\.)*"|\'[^\']*\')\s*(#.*)?$', line.strip())
        if not is_inside or header or not line.strip() or line.strip().startswith("#"):
            continue
        try:
            name, field = (json.loads(part) if part[0] == '"' else part.strip("'") for part in entry.groups()[:2])
        except (AttributeError, ValueError):
            raise ExportError(f"the line {line.strip()!r} of [aliases] in the .toml is no column = \"field\"; write it so") from None
        aliases[name] = field
    return aliases


def _placed(record, aliases):
    """A record with its fields where the aliases say that they stand: under another name, or further in by a JSON pointer."""
    placed = {}
    for name, value in record.items():
        field = aliases.get(name, name)
        is_pointer = name in aliases and field.startswith("/")
        *outer, last = [part.replace("~1", "/").replace("~0", "~") for part in field[1:].split("/")] if is_pointer else [field]
        at = placed
        for part in outer:
            at = at.setdefault(part, {})
        at[last] = value
    return placed


def _toml_key(name, table):
    """A column: aliases are written as a person writes them."""
    return name if table == "aliases" and re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml_value(name)


def _toml_value(value):
    """JSON's texts, arrays, numbers and booleans are TOML's, but for one control character."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")


def _expected(export, threshold):
    lines = []
    for index, record in enumerate(export.records):
        line = {"row": record}
        if export.margins is not None:
            line["margin"] = [_json_number(margin) for margin in export.margins[index]]
        probabilities = None if export.probabilities is None else export.probabilities[index]
        if threshold is not None and probabilities is not None:
            line["prediction"] = export.classes[1 if probabilities[1] >= threshold else 0]
        elif threshold is None and export.predictions is not None:
            prediction = export.predictions[index]
            line["prediction"] = (
                prediction if isinstance(prediction, str)
                else [_json_number(number) for number in prediction] if isinstance(prediction, list)
                else _json_number(prediction)
            )
        if probabilities is not None:
            line["probabilities"] = dict(zip(export.classes, map(_json_number, probabilities)))
        lines.append(json.dumps(line, ensure_ascii=False, allow_nan=False))
    if not lines:
        raise ExportError(_NO_ROWS)
    return "\n".join(lines) + "\n"


def _json_number(number):
    """A number as JSON, which has none that are not finite."""
    number = float(number)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def _label(value):
    """A label or level as a record writes it: a number by its shortest decimal, without a fraction of 0."""
    value = _plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else format(decimal.Decimal(repr(value)), "f")
    if isinstance(value, (int, str)):
        return str(value)
    raise ExportError(f"a label or level is {value!r}; it may be a text, a number or a boolean")


def _plain(value):
    """A scalar of numpy's as Python's own."""
    return value.item() if hasattr(value, "item") and not isinstance(value, (str, bytes)) else value


# Rows


_NO_ROWS = "there are no rows; give some, or leave `rows` out"


class _Rows:
    """Rows by column, with what the trainer is given to score: what the caller gave, or what is made of lists and dicts."""

    def __init__(self, names, columns, given=None):
        self.names = names
        self.columns = columns
        self.given = given

    @property
    def is_matrix(self):
        """Whether the caller gave a matrix, in which categories are codes."""
        return self.given is not None and not hasattr(self.given, "iloc")

    @property
    def frame(self):
        return self.given if self.given is not None else _frame(self.names, self.columns)

    def with_columns(self, replaced):
        """A data frame in which some columns, by index, are these."""
        import pandas

        frame = self.frame
        if not hasattr(frame, "iloc"):
            frame = pandas.DataFrame(frame, columns=self.names)
        return pandas.DataFrame({name: replaced.get(at, frame.iloc[:, at]) for at, name in enumerate(frame.columns)},
                                index=frame.index)

    def records(self, names, texts=None):
        """A record a row. `texts` maps a column's index to how its values are written as text."""
        texts = texts or {}
        cells = [[_cell(value, name, texts.get(at)) for value in column]
                 for at, (name, column) in enumerate(zip(names, self.columns))]
        records = [dict(zip(names, row)) for row in zip(*cells)]
        if records and len(records[0]) != len(names):
            raise ExportError("two columns have one name; name them apart")
        return records


def _cell(value, name, text):
    value = _plain(value)
    if _is_missing(value):
        return None
    if text is not None:
        return text(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return _json_number(value)
    if isinstance(value, str):
        return value
    raise ExportError(f"column {name!r} holds a {type(value).__name__}; it may hold numbers, texts and booleans")


def _is_missing(value):
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and math.isnan(value))


def _read_rows(rows, model_names, count, categorical=(), is_named=True):
    """Rows in the order of the model's columns, of which some, by index, hold levels: what a .csv has there are texts.

    Columns of a model that names them are found by name; those of another by position, where no name is one of its own.
    """
    rows = _as_table(rows)
    if len(getattr(rows, "shape", ())) > 0 and rows.shape[0] == 0:
        raise ExportError(_NO_ROWS)
    if hasattr(rows, "iloc") and hasattr(rows, "columns"):
        rows = _in_order(rows, model_names, count, is_named)
        columns = [rows.iloc[:, at].tolist() for at in range(count)]
        return _Rows([str(name) for name in rows.columns], columns, rows)
    if hasattr(rows, "tolist") and hasattr(rows, "shape"):
        if len(rows.shape) != 2 or rows.shape[1] != count:
            raise ExportError(f"the rows have the shape {tuple(rows.shape)}, and the model {count} columns; give a table of them")
        return _Rows(None, [list(column) for column in zip(*rows.tolist())], rows)
    table = _read_lists(rows, model_names, count)
    if isinstance(rows, _CsvRows):
        table.columns = [column if at in categorical else [_csv_number(cell) for cell in column]
                         for at, column in enumerate(table.columns)]
    return table


def _as_table(rows):
    """The rows as a data frame, a matrix or a list, or why they can't be."""
    what = type(rows).__name__
    if isinstance(rows, (str, bytes, dict, os.PathLike)):
        raise ExportError(f"the rows are a {what}; give a data frame, a matrix, or a list of dicts or of lists")
    if hasattr(rows, "toarray"):
        raise ExportError(f"the rows are a {what}, which does not say whether an empty cell is 0 or missing; give a data frame or "
                          "a matrix")
    if hasattr(rows, "to_pandas"):
        try:
            return rows.to_pandas()
        except ImportError as error:
            raise ExportError(f"the rows are a {what}, which can't be made a data frame of pandas ({error}); install that") from None
    return rows


def _in_order(frame, model_names, count, is_named):
    """A data frame's columns in the order of the model's."""
    own = [str(name) for name in frame.columns]
    missing = [name for name in model_names if name not in own]
    if not missing:
        twice = next((name for name in model_names if own.count(name) > 1), None)
        if twice is not None:
            raise ExportError(f"the rows have two columns {twice!r}; name them apart")
        return frame.iloc[:, [own.index(name) for name in model_names]]
    if len(own) != count or is_named or len(missing) < count:
        raise ExportError(_no_match(own, missing, count))
    return frame


def _read_lists(rows, model_names, count):
    rows = list(rows)
    if not rows:
        raise ExportError(_NO_ROWS)
    if isinstance(rows[0], dict):
        known = {key for row in rows for key in row}
        if not known & set(model_names):
            raise ExportError(_no_match(sorted(map(str, known)), model_names, count))
        for name in model_names:
            if name not in known:
                print(f"gbm_export: no row has the column {name!r}; it is missing in all of them", file=sys.stderr)
        columns = [[row.get(name) for row in rows] for name in model_names]
    else:
        if any(isinstance(row, str) or not hasattr(row, "__len__") for row in rows):
            raise ExportError("the rows are neither dicts nor lists; give a list of such, a data frame or a matrix")
        if any(len(row) != count for row in rows):
            raise ExportError(f"not every row has the model's {count} columns")
        columns = [list(column) for column in zip(*rows)]
    return _Rows(model_names, columns)


def _frame(names, columns):
    """What a trainer takes: a matrix, or a data frame where there are texts."""
    is_text = [any(isinstance(value, str) for value in column) for column in columns]
    if not any(is_text):
        return _number_matrix(columns)
    try:
        import pandas
    except ImportError:
        raise ExportError("rows with texts need pandas to be scored; install it, or give a matrix") from None
    frame = {}
    for name, column, text in zip(names, columns, is_text):
        if text:
            frame[name] = pandas.Series(column, dtype=object)
        else:
            frame[name] = pandas.Series([_float(value) for value in column], dtype="f8")
    return pandas.DataFrame(frame)


def _number_matrix(columns):
    import numpy

    return numpy.array([[_float(value) for value in column] for column in columns], dtype="f8").T


def _float(value):
    if _is_missing(value):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ExportError(f"the rows hold a {type(value).__name__} where the model takes numbers") from None


def _no_match(own, missing, count):
    def shown(names):
        return ", ".join(names[:_NAMES_SHOWN_MAX]) + (", …" if len(names) > _NAMES_SHOWN_MAX else "")

    return (f"the rows have the columns {shown(own)}, and not {shown(missing)} of the model's {count} columns; give the rows the "
            "columns of the training data")


# More names don't help to see which columns are meant.
_NAMES_SHOWN_MAX = 8


@contextlib.contextmanager
def _scored_by(library):
    """What a library says of rows that it does not take is why they are refused."""
    try:
        yield
    except ExportError:
        raise
    except Exception as error:
        # Behind the first line there may be a stack trace.
        said = next(iter(str(error).strip().splitlines()), "")
        raise ExportError(f"{library} does not score the rows ({type(error).__name__}: {said}); give rows that it scores") from error


def _not_exported(model, *known):
    return ExportError(f"a {type(model).__name__} can't be exported; it may be {', '.join(known)}")


def _refuse_untrained(is_trained):
    if not is_trained:
        raise ExportError("the model is not trained; call fit first")


def _named(export_names, options, count, prefix):
    """The columns' names: the model's own, or those given, or numbered ones. Also whether they go into the .toml."""
    if export_names is not None:
        if options.features is not None and options.features != export_names:
            raise ExportError("the model names its columns itself, and otherwise; leave `features` out")
        return export_names, False
    if options.features is None:
        return [f"{prefix}{index}" for index in range(count)], False
    if len(options.features) != count:
        raise ExportError(f"there are {len(options.features)} names in `features` for {count} columns")
    return options.features, True


def _classes(own, options, count):
    """Labels of a model's classes: the given ones, else its own, else numbers. Also whether they go into the .toml."""
    numbers = [str(index) for index in range(count)]
    labels = options.classes or ([_label(label) for label in own] if own is not None else numbers)
    if len(labels) != count:
        raise ExportError(f"there are {len(labels)} labels in `classes` for {count} classes")
    return labels, labels != numbers


def _matrix(array, count):
    """Numbers as a list of lists, `count` a row."""
    import numpy

    return numpy.asarray(array).reshape(-1, count).tolist()


def _argmax(numbers):
    return max(range(len(numbers)), key=lambda index: (numbers[index], -index))


# Levels, by their text


def _by_text(rows, at, name, levels):
    """A column's values as the trainer knows them: `levels` gives that for each text. One that is not there is missing.

    No trainer is asked what it makes of such a level: XGBoost 3.2 takes it for another one, and what a model that is
    built takes it for is missing.
    """
    found, unseen = [], 0
    for value in rows.columns[at]:
        known = None
        if not _is_missing(_plain(value)):
            text = _level_text(value, levels)
            known = levels.get(text)
            unseen += text not in levels
        found.append(known)
    if unseen:
        print(f"gbm_export: {unseen} of {len(found)} rows have a level of {name!r} that the model doesn't know; it is scored "
              "as missing", file=sys.stderr)
    return found


def _level_text(value, levels):
    """A value as the model's levels have it: scikit-learn knows booleans as numbers."""
    text = _label(value)
    is_number = text not in levels and text in ("false", "true") and "0" in levels and "1" in levels
    return str(int(text == "true")) if is_number else text


def _coded(rows, names, levels):
    """A matrix with the codes of levels, of some columns by index, and how to write their values as texts."""
    if rows.is_matrix:
        return rows.frame, {at: _code_to_level(known) for at, known in levels.items()}
    columns = []
    for at, (name, column) in enumerate(zip(names, rows.columns)):
        if at in levels:
            column = _by_text(rows, at, name, {level: code for code, level in enumerate(levels[at])})
        elif any(isinstance(value, str) for value in column):
            raise ExportError(f"column {name!r} holds texts, and the model knows numbers or codes there; give the levels of its "
                              f"codes, as categories={{{name!r}: [...]}} in the order of the training data frame")
        columns.append(column)
    return _number_matrix(columns), {at: _label for at in levels}


def _code_to_level(levels):
    def convert(value):
        code = int(value)
        if not 0 <= code < len(levels):
            raise ExportError(f"the code {value} has no level; give rows whose codes have one")
        return levels[code]
    return convert


# Trainers


def _exporter(model):
    """By the libraries that the model's class and its ancestors come from."""
    if isinstance(model, type):
        raise ExportError(f"{model.__name__} is a class; make a model of it and train that")
    if isinstance(model, (str, os.PathLike)):
        raise ExportError(f"{str(model)!r} is no model; gbm_export.load(path) reads a saved one")
    packages = {cls.__module__.split(".")[0] for cls in type(model).__mro__}
    for package, exporter in _EXPORTERS.items():
        if package in packages:
            return exporter
    raise ExportError(
        f"a {type(model).__module__}.{type(model).__name__} is no model of XGBoost, LightGBM, CatBoost, scikit-learn, "
        "Spark ML or H2O; write GBM JSON (GBM_JSON.md) for other trainers")


# XGBoost: its own JSON.


def _xgboost(model, rows, options):
    import xgboost

    booster, is_wrapper = model, not isinstance(model, xgboost.Booster)
    if is_wrapper:
        if not hasattr(model, "get_booster"):
            raise _not_exported(model, "Booster", "XGBRegressor", "XGBClassifier", "XGBRanker", "XGBRFRegressor", "XGBRFClassifier")
        missing = getattr(model, "missing", math.nan)
        if missing is not None and not (isinstance(missing, float) and math.isnan(missing)):
            raise ExportError(f"the model takes {missing!r} for missing, and only NaN can be; train it with missing=nan")
        _refuse_untrained(model.__sklearn_is_fitted__())
        booster = model.get_booster()
    dump = bytes(booster.save_raw(raw_format="json"))
    learner = json.loads(dump)["learner"]
    booster_name = learner["gradient_booster"]["name"]
    if booster_name not in ("gbtree", "dart"):
        raise ExportError(f"the booster is `{booster_name}`, which has no trees; train with booster=\"gbtree\"")
    params, objective = learner["learner_model_param"], learner["objective"]["name"]
    count = int(params["num_feature"])
    outputs = max(1, int(params["num_class"]), int(params.get("num_target", 1)))
    own_names = [str(name) for name in booster.feature_names] if booster.feature_names else None
    names, given = _named(own_names, options, count, "f")
    class_count = {"binary:logistic": 2, "binary:hinge": 2, "multi:softprob": outputs, "multi:softmax": outputs}
    classes, is_labelled = None, False
    if objective in class_count and (outputs == 1 or objective.startswith("multi")):
        classes, is_labelled = _classes(None, options, class_count[objective])
    export = _Export(".json", dump, names, classes)
    export.settings = {"features": names if given else None, "classes": classes if is_labelled else None}
    iterations = (0, 0)
    best = learner.get("attributes", {}).get("best_iteration")
    if best is not None:
        export.settings["best_iteration"] = is_wrapper
        iterations = (0, int(best) + 1) if is_wrapper else (0, 0)
    categorical = [at for at, kind in enumerate(booster.feature_types or []) if kind == "c"]
    in_file = _xgboost_levels(learner, names, categorical)
    export.categories = _xgboost_categories(names, categorical, in_file, options)
    if rows is None:
        return export
    levels = {at: in_file[names[at]] or export.categories.get(names[at]) for at in categorical}
    levels = {at: [_label(level) for level in known] for at, known in levels.items() if known}
    rows = _read_rows(rows, names, count, levels, own_names is not None)
    _xgboost_refuse_unknown_levels(rows, names, categorical, levels)
    # A matrix of codes: given a data frame, XGBoost looks its levels up itself, or takes the frame's own codes.
    codes, texts = _coded(rows, names, levels)
    export.records = rows.records(names, texts)
    with _scored_by("XGBoost"):
        matrix = xgboost.DMatrix(codes, feature_names=booster.feature_names, feature_types=booster.feature_types)
        export.margins = _matrix(booster.predict(matrix, output_margin=True, iteration_range=iterations), outputs)
        answer = booster.predict(matrix, iteration_range=iterations)
    _xgboost_answers(export, objective, answer, outputs)
    return export


def _xgboost_levels(learner, names, categorical):
    """The levels in the file by column: None where it has none, an error of XGBoost's where it has cut them wrongly."""
    booster = learner["gradient_booster"]
    cats = booster.get("model", booster.get("gbtree", {}).get("model", {})).get("cats") or {}
    encodings = cats.get("enc") or []
    levels = {}
    for at in categorical:
        encoding = encodings[at] if at < len(encodings) else {}
        values, offsets = encoding.get("values") or [], encoding.get("offsets")
        if not values:
            levels[names[at]] = None
        elif offsets is None:
            levels[names[at]] = list(values)
        elif all(0 <= byte < 128 for byte in values):
            text = bytes(values).decode("ascii")
            levels[names[at]] = [text[a:b] for a, b in zip(offsets, offsets[1:])]
        else:
            levels[names[at]] = False
    return levels


def _xgboost_categories(names, categorical, in_file, options):
    unknown = [name for name in options.categories if name not in [names[at] for at in categorical]]
    if unknown:
        raise ExportError(f"column {unknown[0]!r} in `categories` is none of the model's categorical columns")
    found = {}
    for at in categorical:
        name = names[at]
        if in_file[name]:
            if name in options.categories and options.categories[name] != [_label(level) for level in in_file[name]]:
                raise ExportError(f"the model holds the levels of {name!r} itself, and others; leave it out of `categories`")
            continue
        if name in options.categories:
            found[name] = options.categories[name]
        elif in_file[name] is False:
            raise ExportError(f"the levels of {name!r} are not ASCII, and XGBoost saves their list wrongly; give them in "
                              "`categories`, in the order of the training data frame")
    return found


def _xgboost_refuse_unknown_levels(rows, names, categorical, levels):
    """Releases before 3.1 save no levels, and the order of the rows' own need not be that of the training data's."""
    for at in categorical:
        if at not in levels and hasattr(rows.given, "iloc") and hasattr(rows.given.iloc[:, at], "cat"):
            raise ExportError(f"the model was saved without the levels of {names[at]!r}; give categories=X, where X is the "
                              f"training data frame, or categories={{{names[at]!r}: [...]}} in the order that its column has")


def _xgboost_answers(export, objective, answer, outputs):
    if export.classes is None:
        export.predictions = answer.tolist() if outputs == 1 else _matrix(answer, outputs)
    elif objective == "binary:logistic":
        export.probabilities = [[first, second] for first, second in zip((1 - answer).tolist(), answer.tolist())]
        export.predictions = [export.classes[1 if p > 0.5 else 0] for p in answer.tolist()]
    elif objective == "multi:softprob":
        export.probabilities = _matrix(answer, outputs)
        export.predictions = [export.classes[_argmax(row)] for row in export.probabilities]
    else:
        export.predictions = [export.classes[int(index)] for index in answer.tolist()]


# LightGBM: model.txt, because its JSON is lossy.


def _lightgbm(model, rows, options):
    import lightgbm

    is_booster = isinstance(model, lightgbm.Booster)
    if not is_booster and not hasattr(type(model), "booster_"):
        raise _not_exported(model, "Booster", "LGBMRegressor", "LGBMClassifier", "LGBMRanker")
    _refuse_untrained(is_booster or getattr(model, "fitted_", False))
    booster = model if is_booster else model.booster_
    text = booster.model_to_string()
    header = text[:text.index("\nTree=")] if "\nTree=" in text else text
    fields = dict(line.split("=", 1) for line in header.splitlines() if "=" in line)
    objective = fields.get("objective", "custom").split(" ")
    outputs = int(fields["num_tree_per_iteration"])
    own = booster.feature_name()
    count = len(own)
    is_numbered = own == [f"Column_{index}" for index in range(count)]
    names, given = _named(None if is_numbered else own, options, count, "Column_")
    classes, is_labelled = None, False
    if objective[0] in ("binary", "multiclass", "multiclassova"):
        classes, is_labelled = _classes(getattr(model, "classes_", None), options, max(2, outputs))
    export = _Export(".txt", text.encode(), names, classes)
    export.settings = {"features": names if given else None, "classes": classes if is_labelled else None}
    categorical = _lightgbm_categorical(text, fields)
    lists = booster.pandas_categorical or []
    levels = dict(zip((names[at] for at in categorical), lists)) if len(lists) == len(categorical) else {}
    if rows is not None:
        with_levels = [at for at in categorical if names[at] in levels or names[at] in options.categories]
        if not is_numbered:
            rows, export.aliases = _lightgbm_renamed(rows, names)
        rows = _read_rows(rows, names, count, with_levels, not is_numbered)
        if levels:
            _lightgbm_refuse_other_categories(rows, names, categorical)
            if _typed(rows, names) == categorical:
                # Other columns might have such levels too, as far as the file tells.
                export.categories = {name: [_label(v) for v in levels[name]] for name in levels}
        elif lists:
            levels = _lightgbm_levels_by_dtype(rows, lists, names)
            export.categories = {name: [_label(v) for v in levels[name]] for name in levels}
    elif lists and not levels:
        raise ExportError("which columns the levels in the model belong to can't be told; give rows as a data frame")
    if not lists:
        export.categories = {name: options.categories[name] for name in options.categories}
    if rows is None:
        return export
    of_column = {at: levels[name] for at, name in enumerate(names) if name in levels}
    coded = {at: export.categories[names[at]] for at in categorical if names[at] in export.categories} if not lists else {}
    frame, texts = _lightgbm_frame(rows, names, of_column, coded)
    export.records = rows.records(names, texts)
    with _scored_by("LightGBM"):
        export.margins = _matrix(booster.predict(frame, raw_score=True), outputs)
        answer = _matrix(booster.predict(frame), outputs)
    if classes is None:
        export.predictions = [row[0] for row in answer] if outputs == 1 else answer
    else:
        export.probabilities = [[1.0 - row[0], row[0]] for row in answer] if outputs == 1 else answer
        export.predictions = [classes[_argmax(row)] for row in export.probabilities]
    return export


def _lightgbm_renamed(rows, names):
    """The rows under the model's names, and the rows' own for them: LightGBM writes an underscore for each blank of a name."""
    is_frame = hasattr(rows, "iloc") and hasattr(rows, "columns")
    if not is_frame:
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            return rows, {}
    own = [name for name in (rows.columns if is_frame else {key for row in rows for key in row}) if isinstance(name, str)]
    renamed = {name: name.replace(" ", "_") for name in own if " " in name}
    renamed = {name: new for name, new in renamed.items() if new in names and new not in own}
    if not renamed:
        return rows, {}
    if is_frame:
        rows = rows.rename(columns=renamed)
    else:
        rows = type(rows)({renamed.get(key, key): value for key, value in row.items()} for row in rows)
    # A name that begins with a slash would be taken for a pointer.
    fields = {new: "/" + name.replace("~", "~0").replace("/", "~1") if name.startswith("/") else name
              for name, new in renamed.items()}
    return rows, {name: fields[name] for name in names if name in fields}


def _lightgbm_frame(rows, names, levels, coded):
    """What the model scores: `levels` are those that it knows by column, `coded` those whose codes it knows."""
    if coded:
        return _coded(rows, names, coded)
    if not levels:
        return rows.frame, {}
    if rows.is_matrix:
        return rows.frame, {at: _code_to_level([_label(level) for level in known]) for at, known in levels.items()}
    import pandas

    columns = {at: pandas.Categorical(_by_text(rows, at, names[at], {_label(level): level for level in known}), categories=known)
               for at, known in levels.items()}
    return rows.with_columns(columns), {at: _label for at in levels}


def _lightgbm_categorical(text, fields):
    """The columns with codes: those whose values are listed, and those that a split asks for a category."""
    infos = fields["feature_infos"].split(" ")
    found = {at for at, info in enumerate(infos) if info != "none" and not info.startswith("[")}
    for block in text.split("\nTree=")[1:]:
        tree = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        splits, kinds = tree.get("split_feature", "").split(), tree.get("decision_type", "").split()
        found |= {int(column) for column, kind in zip(splits, kinds) if int(kind) & 1}
    return sorted(found)


def _lightgbm_refuse_other_categories(rows, names, categorical):
    """As many lists of levels as columns with codes are theirs, unless the rows' types say that other columns had levels."""
    typed = _typed(rows, names)
    if len(typed) == len(categorical) and typed != categorical:
        at = next(at for at in categorical if at not in typed)
        raise ExportError(f"the model holds levels, and has codes in {names[at]!r} beside them, so that its file does not say whose they "
                          f"are; train with {names[at]!r} as a category too")


def _typed(rows, names):
    """The columns that are categorical in the data frame that was given."""
    return [at for at in range(len(names)) if hasattr(rows.given, "iloc") and hasattr(rows.given.iloc[:, at], "cat")]


def _lightgbm_levels_by_dtype(rows, lists, names):
    """Where a categorical column is constant, or ordered and so a number to LightGBM, the file doesn't show it; the rows' types do."""
    if not hasattr(rows.given, "iloc"):
        raise ExportError("which columns the levels in the model belong to can't be told; give rows as a data frame")
    typed = _typed(rows, names)
    if len(typed) != len(lists):
        raise ExportError(f"the model has the levels of {len(lists)} columns, and {len(typed)} columns of the rows are "
                          "categorical; give rows with the types of the training data frame")
    return {names[at]: levels for at, levels in zip(typed, lists)}


# CatBoost: its JSON, written from the model in memory. (The JSON that CatBoost reads again has lost bits.)


def _catboost(model, rows, options):
    import catboost

    if not hasattr(model, "is_fitted"):
        raise _not_exported(model, "CatBoost", "CatBoostRegressor", "CatBoostClassifier", "CatBoostRanker")
    _refuse_untrained(model.is_fitted())
    own = [str(name) for name in model.feature_names_]
    count = len(own)
    is_numbered = own == [str(index) for index in range(count)]
    names, given = _named(None if is_numbered else own, options, count, "f")
    if is_numbered:
        given = True
    categorical = model.get_cat_feature_indices()
    if model.get_text_feature_indices() or model.get_embedding_feature_indices():
        raise ExportError("the model has text or embedding features, which can't be exported; train it without them")
    pool = None
    if rows is not None:
        rows = _read_rows(rows, names, count, categorical, not is_numbered)
        with _scored_by("CatBoost"):
            pool = catboost.Pool(_catboost_frame(rows, categorical), cat_features=categorical or None,
                                 feature_names=None if is_numbered else own)
    elif categorical:
        raise ExportError("CatBoost writes a model with categories only with data; give rows")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.json"
        texts = _catboost_texts(rows, names, is_numbered, categorical, options) if categorical else None
        model.save_model(str(file), format="json", pool=texts)
        dump = file.read_bytes()
    info = json.loads(dump)
    _catboost_refuse_unknown(info, names)
    params = info.get("model_info", {}).get("params", {})
    params = json.loads(params) if isinstance(params, str) else params
    loss = params.get("loss_function", {}).get("type", "")
    outputs = len(info["scale_and_bias"][1])
    if not loss:
        raise ExportError("the model does not say what its loss was, as one that sum_models made; export a model that was trained")
    asked = (info["model_info"].get("class_params") or {}).get("classes_count", 0)
    if asked > outputs:
        raise ExportError(f"the model has classes_count={asked}, and {outputs} classes were in its training data; train it without")
    if loss in ("RMSEWithUncertainty", "SurvivalAft"):
        raise ExportError(f"the loss is {loss}, whose margins model-codegen does not read; train with another, such as RMSE")
    labels = list(model.classes_) if loss in ("Logloss", "MultiClass", "MultiClassOneVsAll", "Focal") else []
    classes = _classes(labels or None, options, max(2, outputs))[0] if labels else None
    export = _Export(".json", dump, names, classes)
    export.settings = {"features": names if given else None, "classes": options.classes}
    if rows is None:
        return export
    export.records = rows.records(names, {at: _catboost_category for at in categorical})
    with _scored_by("CatBoost"):
        _catboost_answers(export, model, pool, loss, labels, outputs)
    return export


def _catboost_answers(export, model, pool, loss, labels, outputs):
    import catboost

    def predict(kind):
        # A ranker's own `predict` takes no kind.
        return catboost.CatBoost.predict(model, pool, prediction_type=kind, thread_count=1)

    classes = export.classes
    export.margins = _matrix(predict("RawFormulaVal"), outputs)
    if classes is not None:
        export.probabilities = _matrix(predict("Probability"), len(classes))
        answers = predict("Class")
        own = [str(label) for label in labels]
        export.predictions = [classes[own.index(str(label))] for label in answers.reshape(-1).tolist()]
    else:
        # As CatBoost's own `predict` does it, but for losses of probabilities, where that tells the margin.
        kind = {"Poisson": "Exponent", "Tweedie": "Exponent", "CrossEntropy": "Probability", "MultiLogloss": "Probability",
                "MultiCrossEntropy": "Probability"}.get(loss, "RawFormulaVal")
        answer = predict(kind)
        # Of one probability CatBoost tells the complement before it.
        answer = _matrix(answer[:, 1] if loss == "CrossEntropy" else answer, outputs)
        export.predictions = [row[0] for row in answer] if outputs == 1 else answer


def _catboost_texts(rows, names, is_numbered, categorical, options):
    """Data with every level: the file tells only those categories' texts that the data shows."""
    import catboost

    unknown = [name for name in options.categories if name not in [names[at] for at in categorical]]
    if unknown:
        raise ExportError(f"column {unknown[0]!r} in `categories` is none of the model's categorical columns")
    lines = []
    for row in zip(*rows.columns):
        values = [None if _is_missing(_plain(value)) else _plain(value) for value in row]
        lines.append([_catboost_category(value) if at in categorical else math.nan if value is None else value
                      for at, value in enumerate(values)])
    for at in categorical:
        for level in options.categories.get(names[at], ()):
            lines.append([level if at == column else cell for column, cell in enumerate(lines[0])])
    return catboost.Pool(lines, cat_features=categorical, feature_names=None if is_numbered else names)


def _catboost_refuse_unknown(info, names):
    """A level whose text the file doesn't tell would be scored as one that was never seen."""
    features = info["features_info"]
    hashes = {entry["hash"] for entry in features.get("cat_features_hash") or []}
    signed = {value - (1 << 32) if value >> 31 else value for value in hashes}
    keys = {_catboost_key(value) for value in signed}
    for column in features.get("categorical_features") or []:
        missing = sum(value not in signed for value in column.get("values") or [])
        for ctr in features.get("ctrs") or []:
            elements = ctr["elements"]
            if len(elements) == 1 and elements[0].get("cat_feature_index") == column["feature_index"]:
                table = (info.get("ctr_data") or {}).get(ctr["identifier"])
                if table is None:
                    raise ExportError("the model was trained with final_ctr_computation_mode=\"Skip\", and holds no statistics of its "
                                      "categories; train it without that option")
                found = {int(key) for key in table["hash_map"][::table["hash_stride"]]}
                missing = max(missing, len(found - keys - {(1 << 64) - 1}))
        if missing:
            name = names[column["flat_feature_index"]]
            raise ExportError(f"the rows don't show {missing} of the levels of {name!r} that the model knows, and CatBoost "
                              f"keeps no list of them; give all levels, as categories={{{name!r}: [...]}}, or more rows")


def _catboost_key(value):
    multiplier, mask = 0x4906BA494954CB65, (1 << 64) - 1
    return multiplier * (multiplier * value & mask) & mask


def _catboost_frame(rows, categorical):
    """CatBoost takes numbers and texts as lists where no frame was given: one made of them would hold whole numbers as floats."""
    if hasattr(rows.given, "iloc") or not categorical:
        return rows.frame
    if any(isinstance(value, float) for at in categorical for value in rows.columns[at]):
        raise ExportError("categories are texts or whole numbers for CatBoost; give a data frame or lists with them")
    return [[math.nan if cell is None and at not in categorical else cell for at, cell in enumerate(row)]
            for row in zip(*rows.columns)]


def _catboost_category(value):
    """The text whose hash CatBoost takes."""
    return str(int(value)) if isinstance(value, (bool, int)) else _label(value)


# scikit-learn: GBM JSON.


def _sklearn(model, rows, options):
    describe = next((_SKLEARN[cls.__name__] for cls in type(model).__mro__ if cls.__name__ in _SKLEARN), None)
    if describe is None:
        if type(model).__name__ in ("Pipeline", "GridSearchCV", "RandomizedSearchCV", "CalibratedClassifierCV"):
            advice = "give the estimator inside, with rows as it sees them"
        else:
            advice = f"it may be {', '.join(_SKLEARN)}"
        raise ExportError(f"a {type(model).__name__} can't be exported; {advice}")
    if not hasattr(model, "n_features_in_"):
        raise ExportError("the model is not trained; call fit first")
    import sklearn

    own = [str(name) for name in model.feature_names_in_] if hasattr(model, "feature_names_in_") else None
    count = model.n_features_in_
    names, _ = _named(own, options, count, "x")
    own_classes = getattr(model, "classes_", None)
    if own_classes is not None and isinstance(own_classes, list):
        raise ExportError("the model classifies several targets at once; train one for each")
    classes = None if own_classes is None else _classes(own_classes, options, len(own_classes))[0]
    if classes is not None and len(classes) < 2:
        raise ExportError("the training data had one class; there is nothing to decide")
    parts = describe(model, classes)
    levels = parts.pop("levels", {})
    columns = [{"name": name, "levels": levels[at]} if at in levels else {"name": name} for at, name in enumerate(names)]
    trainer = {"name": "scikit-learn", "version": sklearn.__version__, "algorithm": type(model).__name__,
               "objective": str(getattr(model, "loss", None) or getattr(model, "criterion", ""))}
    export = _Export(".json", _gbm_json(trainer, columns, parts), names, classes)
    if rows is None:
        return export
    rows = _read_rows(rows, names, count, levels, own is not None)
    texts = {at: {_label(level) for level in known} for at, known in levels.items()}
    export.records = rows.records(names, {at: lambda value, known=known: _level_text(value, known) for at, known in texts.items()})
    frame = _histogram_frame(model, rows, names) if levels and not rows.is_matrix else rows.frame
    outputs = len(parts["sum"]["base"])
    scored = copy.copy(model)
    if hasattr(scored, "n_jobs"):
        # Threads add up a forest's trees in the order in which they happen to end.
        scored.n_jobs = 1
    with _scored_by("scikit-learn"):
        _sklearn_answers(export, scored, frame, outputs)
    return export


def _gbm_json(trainer, columns, parts):
    dump = {"gbm_json": 1, "trainer": trainer, "columns": columns}
    dump.update((key, parts[key]) for key in ("numbers", "sum", "answer") if key in parts)
    head = json.dumps(dump, ensure_ascii=False, allow_nan=False, indent=1)[:-2]
    trees = ",\n".join(json.dumps(tree, allow_nan=False) for tree in parts["trees"])
    return f'{head},\n "trees": [\n{trees}\n ]\n}}\n'.encode()


def _sklearn_answers(export, model, frame, outputs):
    is_forest = hasattr(model, "bootstrap")
    if is_forest:
        export.margins = _forest_sums(model, frame, outputs)
    elif export.classes is not None:
        export.margins = _matrix(model.decision_function(frame), outputs)
    elif hasattr(model, "_predictors"):
        export.margins = _matrix(model._raw_predict(frame), outputs)
    else:
        export.margins = _matrix(model.predict(frame), outputs)
    answer = model.predict(frame)
    if export.classes is None:
        export.predictions = answer.tolist()
        return
    own = [_plain(label) for label in model.classes_]
    export.predictions = [export.classes[own.index(label)] for label in answer.tolist()]
    export.probabilities = model.predict_proba(frame).tolist()


def _forest_sums(model, frame, outputs):
    """The library has no sums: they are those of its own trees' predictions, in order. What it predicts is their average."""
    import numpy

    validated = model._validate_X_predict(frame)
    total = numpy.zeros((validated.shape[0], outputs))
    for tree in model.estimators_:
        is_classifier = hasattr(tree, "classes_")
        answer = tree.predict_proba(validated, check_input=False) if is_classifier else tree.predict(validated, check_input=False)
        total += answer.reshape(-1, outputs)
    return total.tolist()


def _sklearn_nodes(tree, leaf):
    """A tree's nodes; `leaf` makes a leaf's content of its index."""
    missing = getattr(tree, "missing_go_to_left", None)
    nodes = []
    for at in range(tree.node_count):
        left = int(tree.children_left[at])
        if left < 0:
            nodes.append({"leaf": leaf(at)})
            continue
        node = {"column": int(tree.feature[at]), "at_most": _threshold(tree.threshold[at]), "left": left,
                "right": int(tree.children_right[at])}
        if missing is not None and missing[at]:
            node["missing_left"] = True
        nodes.append(node)
    return nodes


def _threshold(value):
    return _json_number(value)


def _gradient_boosting(model, classes):
    init = model.init_
    if not isinstance(init, str) and type(init).__name__ not in ("DummyClassifier", "DummyRegressor"):
        raise ExportError(f"the model starts from a {type(init).__name__}, whose predictions are no constant; "
                          "train it without `init`")
    import warnings
    import numpy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        base = model._raw_predict_init(numpy.zeros((1, model.n_features_in_), dtype="f4"))
    trees = []
    for iteration in model.estimators_:
        for output, estimator in enumerate(iteration):
            tree = estimator.tree_
            values = tree.value[:, 0, 0].tolist()
            made = {"weight": float(model.learning_rate), "nodes": _sklearn_nodes(tree, values.__getitem__)}
            trees.append({"output": output, **made} if output else made)
    parts = {"numbers": "float32", "sum": {"base": base.ravel().tolist()}, "answer": {}, "trees": trees}
    if classes is not None and len(classes) == 2:
        answer = {"classes": classes, "probabilities": "second_class", "link": "logistic", "threshold": 0.5}
        if model.loss == "exponential":
            answer["slope"] = 2.0
        parts["answer"] = answer
    elif classes is not None:
        parts["answer"] = {"classes": classes, "probabilities": "softmax"}
    return parts


def _forest(model, classes):
    outputs = len(classes) if classes is not None else model.n_outputs_
    trees = []
    for estimator in model.estimators_:
        tree = estimator.tree_
        values = tree.value[:, 0, :] if classes is not None else tree.value[:, :, 0]
        if classes is not None:
            # Counts before release 1.3, shares since: dividing again leaves shares that add up to 1 as they are.
            totals = values.sum(axis=1, keepdims=True)
            if (abs(totals - 1.0) > 1e-9).any():
                values = values / totals
        values = values.tolist()
        leaf = values.__getitem__ if outputs > 1 else lambda at, values=values: values[at][0]
        trees.append({"nodes": _sklearn_nodes(tree, leaf)})
    answer = {"divisor": len(trees)}
    if classes is not None:
        answer.update(classes=classes, probabilities="each")
    return {"numbers": "float32", "sum": {"base": [0.0] * outputs}, "answer": answer, "trees": trees}


def _histogram_boosting(model, classes):
    columns, levels = _histogram_columns(model)
    trees = []
    for iteration in model._predictors:
        for output, predictor in enumerate(iteration):
            nodes = [_histogram_node(node, predictor, columns, levels) for node in predictor.nodes]
            trees.append({"output": output, "nodes": nodes} if output else {"nodes": nodes})
    answer = {}
    if classes is not None and len(classes) == 2:
        answer = {"classes": classes, "probabilities": "second_class", "link": "logistic"}
    elif classes is not None:
        answer = {"classes": classes, "probabilities": "softmax"}
    elif model.loss in ("poisson", "gamma"):
        answer = {"link": "exponential"}
    base = model._baseline_prediction.ravel().tolist()
    texts = {at: [_label(level) for level in known] for at, known in levels.items()}
    return {"numbers": "float64", "sum": {"base": base}, "answer": answer, "trees": trees, "levels": texts}


def _histogram_columns(model):
    """Where each of the trees' columns stands in a row (the estimator moves categories to the front), and the levels."""
    is_categorical = getattr(model, "is_categorical_", None)
    if is_categorical is None:
        return list(range(model.n_features_in_)), {}
    if getattr(model, "_preprocessor", None) is None:
        raise ExportError("scikit-learn before 1.4 has categories without a list of them; train with a later release")
    categorical = [at for at in range(model.n_features_in_) if is_categorical[at]]
    numeric = [at for at in range(model.n_features_in_) if not is_categorical[at]]
    encoder = model._preprocessor.named_transformers_["encoder"]
    levels = {at: [_plain(level) for level in known if not _is_missing(_plain(level))]
              for at, known in zip(categorical, encoder.categories_)}
    return categorical + numeric, levels


def _histogram_frame(model, rows, names):
    """The rows with the levels that the estimator has, texts or numbers, whichever of the two the rows wrote them as."""
    import pandas

    columns = {}
    for at, levels in _histogram_columns(model)[1].items():
        found = _by_text(rows, at, names[at], {_label(level): level for level in levels})
        is_number = all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in levels)
        index = getattr(rows.given, "index", None)
        columns[at] = pandas.Series(found, dtype="f8" if is_number else object, index=index)
    return rows.with_columns(columns)


def _histogram_node(node, predictor, columns, levels):
    if node["is_leaf"]:
        return {"leaf": float(node["value"])}
    column = columns[int(node["feature_idx"])]
    made = {"column": column}
    if node["is_categorical"]:
        bits = predictor.raw_left_cat_bitsets[int(node["bitset_idx"])]
        made["levels"] = [level for level in range(len(levels[column])) if int(bits[level // 32]) >> level % 32 & 1]
    else:
        made["at_most"] = _threshold(node["num_threshold"])
    made.update(left=int(node["left"]), right=int(node["right"]))
    if node["missing_go_to_left"]:
        made["missing_left"] = True
    return made


_SKLEARN = {
    "HistGradientBoostingClassifier": _histogram_boosting,
    "HistGradientBoostingRegressor": _histogram_boosting,
    "GradientBoostingClassifier": _gradient_boosting,
    "GradientBoostingRegressor": _gradient_boosting,
    "RandomForestClassifier": _forest,
    "RandomForestRegressor": _forest,
    "ExtraTreesClassifier": _forest,
    "ExtraTreesRegressor": _forest,
}


# Spark ML: GBM JSON, read node by node from the JVM.


def _spark(model, rows, options):
    import pyspark

    stages = list(model.stages) if hasattr(model, "stages") else [model]
    trees_model = stages[-1]
    name = type(trees_model).__name__
    if name not in _SPARK:
        raise ExportError(f"a {name} can't be exported; it may be {', '.join(_SPARK)}, or a pipeline that ends in one")
    inputs = _SparkInputs(stages[:-1], trees_model, options)
    is_gbt, is_classifier = name.startswith("GBT"), name.endswith("ClassificationModel")
    if is_classifier and trees_model.isSet(trees_model.thresholds):
        raise ExportError("the model has `thresholds`; clear them and give `threshold`")
    class_count = trees_model.numClasses if is_classifier else 0
    classes = _classes(inputs.labels, options, class_count)[0] if is_classifier else None
    outputs = class_count if is_classifier and not is_gbt else 1
    trees = []
    weights = [float(weight) for weight in trees_model.treeWeights]
    for tree, weight in zip(trees_model.trees, weights):
        made = {"weight": weight} if is_gbt else {}
        made["nodes"] = _spark_nodes(tree._java_obj.rootNode(), inputs, shares=outputs > 1)
        trees.append(made)
    if is_gbt:
        total = {"base": [0.0], "order": "four_fused_lanes"}
        answer = {"classes": classes, "probabilities": "first_class", "link": "logistic", "slope": -2.0} if is_classifier else {}
    else:
        total = {"base": [0.0] * outputs}
        answer = {"classes": classes, "probabilities": "normalised"} if is_classifier else {"divisor": len(trees)}
    columns = [{"name": column, "levels": levels} if levels is not None else {"name": column}
               for column, levels in zip(inputs.names, inputs.all_levels())]
    trainer = {"name": "Spark ML", "version": pyspark.__version__, "algorithm": name,
               "objective": _spark_blas(trees_model) if is_gbt else ""}
    parts = {"numbers": "float64", "sum": total, "answer": answer, "trees": trees}
    export = _Export(".json", _gbm_json(trainer, columns, parts), inputs.names, classes)
    if rows is not None:
        _spark_answers(export, model, trees_model, inputs, rows, is_gbt)
    return export


_SPARK = ("GBTRegressionModel", "GBTClassificationModel", "RandomForestRegressionModel", "RandomForestClassificationModel")


def _spark_blas(model):
    """A GBT's sum is a dot product, whose order of additions depends on the library behind it."""
    jvm = model._java_obj.getClass().getClassLoader().loadClass("org.apache.spark.ml.linalg.BLAS$")
    module = jvm.getField("MODULE$").get(None)
    name = module.javaBLAS().getClass().getName()
    known = ("dev.ludovic.netlib.blas.Java11BLAS", "dev.ludovic.netlib.blas.VectorBLAS")
    if name != known[0]:
        raise ExportError(f"Spark adds up with {name} here, and only the order of {known[0]} is known; use Java 11 or later "
                          "without the module jdk.incubator.vector")
    return f"summed by {name}"


class _SparkInputs:
    """What the trees' columns are: the fields behind them, and the levels of those that a StringIndexer made."""

    def __init__(self, stages, model, options):
        self.labels = None
        self.indexed = {}
        assembler = None
        label_column = model.getOrDefault("labelCol")
        for stage in stages:
            kind = type(stage).__name__
            if kind == "StringIndexerModel":
                self._add_indexer(stage, label_column)
            elif kind == "VectorAssembler" and assembler is None:
                assembler = stage
            else:
                raise ExportError(f"the pipeline has a {kind}; StringIndexer and one VectorAssembler may stand before "
                                  "the trees, whatever else belongs into the records")
        count = model.numFeatures
        self.is_assembled = assembler is not None
        self.vector_column = model.getOrDefault("featuresCol")
        self.made = assembler.getInputCols() if assembler else None
        if self.made is not None and len(self.made) != count:
            raise ExportError("the VectorAssembler's inputs are vectors themselves; give it single columns")
        own = [self.indexed[column][0] if column in self.indexed else column for column in self.made] if self.made else None
        self.names, _ = _named(own, options, count, "f")
        # How many categories the trees know, of columns that came as numbers.
        self.arity = {}

    def _add_indexer(self, stage, label_column):
        many = bool(stage.isSet(stage.inputCols)) if stage.hasParam("inputCols") else False
        sources = stage.getInputCols() if many else [stage.getInputCol()]
        targets = stage.getOutputCols() if many else [stage.getOutputCol()]
        for source, target, labels in zip(sources, targets, stage.labelsArray):
            if target == label_column:
                self.labels = list(labels)
            else:
                self.indexed[target] = (source, list(labels), stage.getHandleInvalid() == "keep")

    def levels(self, column):
        """The levels, and whether what is not among them is a category of its own."""
        if self.made and self.made[column] in self.indexed:
            _, labels, keeps = self.indexed[self.made[column]]
            return labels, keeps
        return None, False

    def all_levels(self):
        return [self.levels(at)[0] if self.levels(at)[0] is not None else self.arity.get(at) for at in range(len(self.names))]


def _spark_nodes(root, inputs, shares):
    nodes, queue = [], [root]
    for java in queue:
        if java.getClass().getSimpleName() == "LeafNode":
            nodes.append({"leaf": _spark_shares(java) if shares else java.prediction()})
            continue
        node = _spark_split(java.split(), inputs)
        node.update(left=len(queue), right=len(queue) + 1)
        queue += [java.leftChild(), java.rightChild()]
        nodes.append(node)
    return nodes


def _spark_shares(leaf):
    counts = [float(count) for count in leaf.impurityStats().stats()]
    total = 0.0
    for count in counts:
        total += count
    return [count / total if total else 0.0 for count in counts]


def _spark_split(split, inputs):
    column = split.featureIndex()
    levels, keeps = inputs.levels(column)
    if split.getClass().getSimpleName() == "ContinuousSplit":
        threshold = split.threshold()
        if levels is None:
            return {"column": column, "at_most": _threshold(threshold)}
        node = {"column": column, "levels": [at for at in range(len(levels)) if at <= threshold]}
        is_left = keeps and len(levels) <= threshold
    else:
        left = {int(value) for value in split.leftCategories()}
        known = left | {int(value) for value in split.rightCategories()}
        if levels is None:
            inputs.arity[column] = max(inputs.arity.get(column, 0), len(known))
        count = len(levels) if levels is not None else len(known)
        # The smaller set is the one that is kept; what is in neither goes the other's way.
        others_left = len(left) > len(known) // 2
        goes_left = [at in left if at in known else others_left for at in range(count + 1)]
        node = {"column": column, "levels": [at for at in range(count) if goes_left[at]]}
        is_left = goes_left[count] if keeps else others_left
    if is_left:
        node["missing_left"] = True
    return node


def _spark_answers(export, model, trees_model, inputs, rows, is_gbt):
    frame, records = _spark_frame(model, inputs, rows)
    export.records = records
    found = model.transform(frame).collect()
    prediction = trees_model.getOrDefault("predictionCol")
    answers = [row[prediction] for row in found]
    if export.classes is None:
        export.predictions = answers
        if is_gbt:
            export.margins = [[answer] for answer in answers]
        return
    raw = [row[trees_model.getOrDefault("rawPredictionCol")].toArray().tolist() for row in found]
    export.margins = [[row[1]] for row in raw] if is_gbt else raw
    export.probabilities = [row[trees_model.getOrDefault("probabilityCol")].toArray().tolist() for row in found]
    export.predictions = [export.classes[int(answer)] for answer in answers]


def _spark_frame(model, inputs, rows):
    """The rows as a frame of Spark's, and as records."""
    from pyspark.sql import DataFrame, SparkSession

    count = len(inputs.names)
    texts = {at: _label for at, levels in enumerate(inputs.all_levels()) if levels is not None}
    if isinstance(rows, DataFrame):
        frame = rows
        if inputs.is_assembled:
            values = [[row[name] for name in inputs.names] for row in frame.select(*inputs.names).collect()]
        else:
            values = [row[0].toArray().tolist() for row in frame.select(inputs.vector_column).collect()]
        table = _Rows(None, [list(column) for column in zip(*values)], None)
    else:
        # A vector holds codes.
        table = _read_rows(rows, inputs.names, count, texts if inputs.is_assembled else ())
        session = SparkSession.getActiveSession()
        if session is None:
            raise ExportError("there is no active Spark session; start one")
        values = list(zip(*table.columns))
        if inputs.is_assembled:
            frame = session.createDataFrame(values, schema=inputs.names)
        else:
            from pyspark.ml.linalg import Vectors

            vectors = [(Vectors.dense([math.nan if _is_missing(v) else float(v) for v in row]),) for row in values]
            frame = session.createDataFrame(vectors, schema=[inputs.vector_column])
    return frame, table.records(inputs.names, texts)


# H2O: the MOJO where the release gives it away, else the JSON dump's shape, written through the tree API.


def _h2o(model, rows, options):
    import h2o

    algorithm = model.algo
    if algorithm not in ("gbm", "drf", "generic"):
        raise ExportError(f"the algorithm is `{algorithm}`; it may be gbm, drf")
    if algorithm == "generic":
        raise ExportError("an imported MOJO is what was imported; give the file itself on the command line")
    encoding = model.actual_params.get("categorical_encoding", "AUTO")
    if str(encoding).lower().replace("_", "") not in ("auto", "enum", "sortbyresponse"):
        raise ExportError(f"the model has categorical_encoding={encoding!r}, by which its trees test other columns than a record has; "
                          "train it with \"AUTO\"")
    output = model._model_json["output"]
    names = [name for name, kind in zip(output["names"], output["column_types"])]
    response = model._model_json["response_column_name"]
    names = [name for name in names if name != response]
    domains = {name: list(domain) for name, domain in zip(output["names"], output["domains"]) if domain}
    classes = domains.get(response)
    with tempfile.TemporaryDirectory() as folder:
        try:
            mojo = Path(model.download_mojo(path=folder))
            export = _Export(".zip", mojo.read_bytes(), names, classes)
        except Exception as refusal:
            print(f"gbm_export: H2O {h2o.__version__} gave no MOJO ({type(refusal).__name__}); the trees are read one by "
                  "one. Below a split whose bit set does not cover a level, this route can't tell where H2O sends that "
                  "level, as in PrintMojo's JSON; the build counts such places.", file=sys.stderr)
            export = _Export(".json", _h2o_dump(model, algorithm, names, domains, classes, response), names, classes)
            export.settings["response"] = response
            if classes is not None and len(classes) == 2 and options.threshold is None:
                export.settings["threshold"] = float(model.default_threshold())
    if rows is None:
        return export
    frame = rows if isinstance(rows, h2o.H2OFrame) else _h2o_frame(rows, names, domains)
    export.records = _h2o_records(frame, names, domains)
    answers = model.predict(frame).as_data_frame(use_pandas=False)[1:]
    if classes is None:
        export.predictions = [float(row[0]) for row in answers]
        link = model._model_json["output"].get("link_function")
        if algorithm == "gbm" and link in (None, "identity") and _h2o_is_plain(model):
            export.margins = [[prediction] for prediction in export.predictions]
    else:
        export.predictions = [row[0] for row in answers]
        export.probabilities = [[float(cell) for cell in row[1:1 + len(classes)]] for row in answers]
    return export


def _h2o_is_plain(model):
    """Whether a prediction is the margin itself."""
    return model.actual_params.get("distribution") in ("gaussian", "laplace", "quantile", "huber")


def _h2o_frame(rows, names, domains):
    import h2o

    table = _read_rows(rows, names, len(names), [at for at, name in enumerate(names) if name in domains])
    lines = [[None if _is_missing(_plain(value)) else _label(value) if name in domains else _plain(value)
              for name, value in zip(names, row)] for row in zip(*table.columns)]
    return h2o.H2OFrame(lines, column_names=names,
                        column_types={name: "enum" if name in domains else "numeric" for name in names})


def _h2o_records(frame, names, domains):
    header, *lines = frame.as_data_frame(use_pandas=False)
    at = {name: header.index(name) for name in names if name in header}
    # Where the empty text is a level of the model, it is not what is missing: that is printed in the same way.
    is_missing = {name: [row[0] == "1" for row in frame[name].isna().as_data_frame(use_pandas=False)[1:]]
                  for name in at if "" in domains.get(name, ())}
    records = []
    for index, line in enumerate(lines):
        record = {}
        for name in names:
            text = line[at[name]] if name in at else ""
            missing = is_missing[name][index] if name in is_missing else text == ""
            record[name] = None if missing else text if name in domains else _json_number(float(text))
        records.append(record)
    return records


def _h2o_dump(model, algorithm, names, domains, classes, response):
    import h2o
    from h2o.tree import H2OTree

    if model.actual_params.get("balance_classes"):
        raise ExportError("the model has balance_classes, whose distributions only the MOJO holds; "
                          "export it with H2O 3.46.0.7 or earlier")
    if model.actual_params.get("offset_column"):
        raise ExportError("the model has an offset column, which only the MOJO holds; export it with H2O 3.46.0.7 or earlier")
    output = model._model_json["output"]
    in_group = len(classes) if classes is not None and len(classes) > 2 else 1
    groups = int(model.actual_params["ntrees"])
    summary = output.get("model_summary")
    if summary:
        # Training may have stopped early.
        groups = int(summary["number_of_trees"][0])
        groups = groups // in_group if int(summary["number_of_internal_trees"][0]) != groups * in_group else groups
    if algorithm == "drf" and model.actual_params.get("binomial_double_trees"):
        in_group = 2
    columns = {name: at for at, name in enumerate(names)}
    trees = []
    for group in range(groups):
        for index in range(in_group):
            of_class = classes[index] if classes is not None and in_group > 1 else None
            tree = H2OTree(model, group, of_class)
            trees.append({"index": len(trees), "name": f"Tree {group}, Class {index}",
                          "root": _h2o_node(tree.root_node, columns, domains)})
    family = {} if algorithm == "drf" else {
        "family": model.actual_params["distribution"], "link_function": _H2O_LINKS[model.actual_params["distribution"]]}
    category = "Regression" if classes is None else "Binomial" if len(classes) == 2 else "Multinomial"
    params = {"h2o_version": h2o.__version__, "mojo_version": 1.4, "algo": algorithm, "model_category": category,
              "classifier": classes is not None, "supervised": True, "nfeatures": len(names),
              "nclasses": 1 if classes is None else len(classes), "balance_classes": False,
              "n_tree_groups": groups, "n_trees_in_group": in_group, "base_score": float(output.get("init_f") or 0.0),
              **({"class_labels": classes} if classes is not None else {}), **family}
    known = [{"colId": columns[name], "colName": name, "values": values}
             for name, values in domains.items() if name != response]
    return json.dumps({"params": params, "domainValues": known, "trees": trees}, ensure_ascii=False, allow_nan=False).encode()


_H2O_LINKS = {"gaussian": "identity", "laplace": "identity", "quantile": "identity", "huber": "identity",
              "poisson": "log", "gamma": "log", "tweedie": "log", "bernoulli": "logit", "quasibinomial": "logit",
              "modified_huber": "logit", "multinomial": "log"}


def _h2o_node(node, columns, domains, levels=None):
    if type(node).__name__ == "H2OLeafNode":
        made = {"nodeNumber": node.id, "predValue": node.prediction}
    else:
        domain = domains.get(node.split_feature)
        is_set = node.left_levels is not None and (len(node.left_levels) > 0 or len(node.right_levels or []) > 0)
        made = {"nodeNumber": node.id, "colId": columns[node.split_feature], "colName": node.split_feature,
                "leftward": node.na_direction == "LEFT", "isCategorical": is_set, "inclusiveNa": False}
        threshold = None if node.threshold is None else float(node.threshold)
        if not is_set and threshold is not None and not math.isnan(threshold):
            made["splitValue"] = threshold
        sides = (node.left_levels, node.right_levels) if is_set else (None, None)
        sides = [None if side is None else [domain.index(level) for level in side] for side in sides]
        made["leftChild"] = _h2o_node(node.left_child, columns, domains, sides[0])
        made["rightChild"] = _h2o_node(node.right_child, columns, domains, sides[1])
    if levels is not None:
        made["matchValues"] = levels
    return made


_EXPORTERS = {"xgboost": _xgboost, "lightgbm": _lightgbm, "catboost": _catboost, "sklearn": _sklearn,
              "pyspark": _spark, "h2o": _h2o}


# The command line


def load(file):
    """A saved model: XGBoost's .json or .ubj, LightGBM's .txt, CatBoost's .cbm, a pickle, or a folder of Spark's.

    A pickle runs what it says when it is loaded: give only files that you trust.
    """
    file = Path(file)
    if file.is_dir() and (file / "metadata").is_dir():
        return _load_spark(file)
    if not file.is_file():
        raise ExportError(f"there is no model {file}")
    beginning = file.read_bytes()[:4096]
    if file.suffix in (".pkl", ".pickle", ".joblib") or beginning.startswith(b"\x80"):
        return _load_pickle(file)
    if beginning.startswith(b"CBM1"):
        import catboost

        return catboost.CatBoost().load_model(str(file))
    if beginning.startswith(b"tree\n"):
        import lightgbm

        return lightgbm.Booster(model_file=str(file))
    if re.match(rb'\{([iUIlL]|\s*")', beginning):
        _refuse_json(file, beginning)
        import xgboost

        return xgboost.Booster(model_file=str(file))
    if beginning.startswith(b"PK\x03\x04"):
        raise ExportError("the file is a MOJO archive: copy it to NAME.zip as it is; it carries all that a build needs")
    raise ExportError(f"{file} is no model that is known: XGBoost's .json or .ubj, LightGBM's .txt, CatBoost's .cbm, a "
                      "pickle, or a folder of Spark's")


# A key at the top of a JSON by which it is known, and why it is not taken. XGBoost's is.
_JSON_KEYS = {
    "learner": None,
    "features_info": "CatBoost's JSON has lost bits when it is loaded again; give the .cbm, which is exact",
    "tree_info": "LightGBM does not load its JSON, which has lost infinite thresholds; give the model.txt",
    "gbm_json": "the file is GBM JSON, a dump as it is: copy it to NAME.json",
    "domainValues": "the file is H2O's JSON, a dump as it is: copy it to NAME.json; the MOJO archive carries more",
    "params": "the file is H2O's JSON, a dump as it is: copy it to NAME.json; the MOJO archive carries more",
}


def _refuse_json(file, beginning):
    """Refuses a JSON of another kind than XGBoost's, which is loaded where it is one, in UBJSON too."""
    # In UBJSON the length of a key stands before it.
    if not re.match(rb'\{\s*"', beginning):
        return
    try:
        keys = json.loads(file.read_bytes()).keys()
    except ValueError as error:
        # Bytes that are no UTF-8 are another kind of ValueError.
        what = getattr(error, "msg", "it is not UTF-8")
        raise ExportError(f"{file} is no whole JSON ({what}); save the model again") from None
    kind = next((key for key in _JSON_KEYS if key in keys), None)
    if kind is None:
        raise ExportError(f"{file} is a JSON of no model that is known: its keys are {', '.join(list(keys)[:8])}")
    if _JSON_KEYS[kind] is not None:
        raise ExportError(_JSON_KEYS[kind])


def _load_pickle(file):
    """A pickle runs what it says: the caller vouches for it by giving it."""
    try:
        import joblib

        return joblib.load(file)
    except ImportError:
        import pickle

        with open(file, "rb") as opened:
            return pickle.load(opened)


def _load_spark(folder):
    from pyspark.ml.util import DefaultParamsReader
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        return DefaultParamsReader.loadParamsInstance(str(folder), session.sparkContext)
    except TypeError:
        return DefaultParamsReader.loadParamsInstance(str(folder), session)


class _CsvRows(list):
    """Rows whose cells are texts. What they mean depends on the column: `007` is a number, or a level of this text."""


def _load_rows(file):
    file = Path(file)
    if not file.is_file():
        raise ExportError(f"there are no rows {file}")
    if file.suffix == ".csv":
        with open(file, encoding="utf-8", newline="") as table:
            return _CsvRows({name: cell or None for name, cell in row.items()} for row in csv.DictReader(table))
    rows = []
    # Not `splitlines`: texts may hold other characters that end a line.
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ExportError(f"{file}, line {number} is no JSON ({error.args[0].split(':')[0]})") from None
            if not isinstance(row, dict):
                raise ExportError(f"{file}, line {number} is no JSON object")
            rows.append(row)
    return rows


def _csv_number(cell):
    """A cell of a column of numbers; what is none stays a text."""
    if cell is None or "_" in cell:
        return cell
    if cell.lower() in ("false", "true"):
        # As a data frame writes its booleans.
        return int(cell.lower() == "true")
    try:
        return int(cell) if re.fullmatch(r"-?[0-9]+", cell) else float(cell)
    except ValueError:
        return cell


def _load_categories(path):
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} can't be read as JSON ({type(error).__name__}); write {{\"column\": [\"level\", ...]}}") from None
    if not isinstance(found, dict) or not all(isinstance(levels, list) for levels in found.values()):
        raise ExportError(f"{path} is no object of lists; write {{\"column\": [\"level\", ...]}}")
    return found


def _main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m gbm_export", description="Export a saved model: its dump, its .toml and its expected rows.",
        epilog="A pickle runs code when it is loaded: give only files that you trust.")
    parser.add_argument("model", help="XGBoost's .json or .ubj, LightGBM's .txt, CatBoost's .cbm, a pickle, a folder of Spark's")
    parser.add_argument("to", help="where to, without an ending, such as models/house_prices")
    parser.add_argument("--rows", help="rows to record predictions for: .jsonl (an object a line) or .csv (with a header; levels stand there as they are)")
    parser.add_argument("--response", help="the field that predictions are written to")
    parser.add_argument("--threshold", type=float, help="of two classes, the second from this probability on")
    parser.add_argument("--features", help="the columns' names, comma-separated, for a model that numbers them")
    parser.add_argument("--classes", help="the classes' labels, comma-separated, for a model that numbers them")
    parser.add_argument("--categories", help="a .json with the levels of columns in the order of their codes, for a model that "
                        'numbers them: {"material": ["brick", "wood"]}')
    given = parser.parse_args(arguments)
    try:
        files = save(load(given.model), given.to, None if given.rows is None else _load_rows(given.rows),
                     response=given.response, threshold=given.threshold,
                     features=given.features.split(",") if given.features else None,
                     classes=given.classes.split(",") if given.classes else None,
                     categories=_load_categories(given.categories) if given.categories else None)
    except ExportError as error:
        print(f"gbm_export: {error}", file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"gbm_export: {error}; install the trainer's library", file=sys.stderr)
        return 1
    for file in files:
        print(file)
    if given.rows is None:
        print("gbm_export: no rows were given, so nothing will check the model that is built", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
