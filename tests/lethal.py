"""Returns that end the worker they are sent to: once, or every time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

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
        if os.getpid() != self.parent and len(list(Path(self.wounds).iterdir())) < self.most:
            (Path(self.wounds) / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)


def lethal(folder: Path, *, n: int, most: int, rng: int) -> LethalReturns:
    """A clean election whose first ``most`` readers in other processes die."""
    folder.mkdir()
    quiet = clean(n=n, rng=rng)
    own = {"parent": os.getpid(), "wounds": str(folder), "most": most}
    copy = object.__new__(LethalReturns)
    copy.__setstate__(quiet.__getstate__() | own)
    return copy
