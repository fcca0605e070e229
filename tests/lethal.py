"""Returns and pictures that end the worker they are sent to: once, or every time."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

from forensics.picture import Picture
from forensics.simulation import clean
from forensics.tables.returns import Returns


class LethalReturns(Returns):
    """A worker that unpickles them is killed, as the system kills one for want of memory.

    ``wounds`` is a folder that holds a file per worker killed; ``most`` says how many are.
    """

    def __getstate__(self):
        return super().__getstate__() | {
            "parent": self.parent,
            "wounds": self.wounds,
            "most": self.most,
        }

    def __setstate__(self, state):
        super().__setstate__(state)
        wound(self.parent, self.wounds, self.most)


class LethalText(str):
    """The same for a worker that unpickles this text."""

    def __reduce__(self):
        return revived, (str(self), self.parent, self.wounds, self.most)


def revived(text: str, parent: int, wounds: str, most: int) -> str:
    wound(parent, wounds, most)
    return text


def wound(parent: int, wounds: str, most: int) -> None:
    """Kill this process if it is another one and not enough were killed."""
    if os.getpid() != parent and len(list(Path(wounds).iterdir())) < most:
        (Path(wounds) / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def lethal_picture(picture: Picture, folder: Path, *, most: int) -> Picture:
    """A picture whose first ``most`` readers in other processes die."""
    folder.mkdir()
    text = LethalText("")
    text.parent, text.wounds, text.most = os.getpid(), str(folder), most
    return replace(picture, options={**picture.options, "lethal": text})


def lethal(folder: Path, *, n: int, most: int, rng: int) -> LethalReturns:
    """A clean election whose first ``most`` readers in other processes die."""
    folder.mkdir()
    quiet = clean(n=n, rng=rng)
    own = {"parent": os.getpid(), "wounds": str(folder), "most": most}
    copy = object.__new__(LethalReturns)
    copy.__setstate__(quiet.__getstate__() | own)
    return copy
