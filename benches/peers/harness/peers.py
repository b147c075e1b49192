"""The subjects: what each folder's `subjects.toml` says."""

import pathlib
import tomllib
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent.parent

KEYS = {"name", "artifact", "trainer", "command", "forms", "tolerance", "role", "skip", "warm_up_seconds"}


@dataclass
class Subject:
    """What is timed: one way of scoring one model."""

    peer: str
    name: str
    artifact: str
    trainer: str
    command: list
    tolerance: float
    forms: list = field(default_factory=lambda: ["one", "batch"])
    # "peer", "ours" or "floor".
    role: str = "peer"
    # By shape: why it is not tried.
    skip: dict = field(default_factory=dict)
    warm_up_seconds: float = 0.5

    @property
    def title(self):
        return f"{self.name} ({self.trainer} model)"


def read(only=None):
    """The subjects of the peers that are asked for, or of all, in the folders' order; ours first."""
    folders = sorted(HERE.glob("*/subjects.toml"), key=lambda file: (file.parent.name != "ours", file.parent.name))
    names = [file.parent.name for file in folders]
    for name in only or []:
        if name not in names:
            raise SystemExit(f"error: --peers: there is no `{name}`; there are {', '.join(names)}")
    found = []
    for file in folders:
        if only and file.parent.name not in only:
            continue
        for entry in tomllib.loads(file.read_text())["subject"]:
            if unknown := set(entry) - KEYS:
                raise SystemExit(f"error: {file}: unknown keys {sorted(unknown)}")
            found.append(Subject(peer=file.parent.name, **entry))
    return found
