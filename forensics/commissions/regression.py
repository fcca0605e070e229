"""The rows, columns, groups and clusters of one regression of an outcome on an exposure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.material import Material
from forensics.kernels.fixed_effects import Fit, fit, independent
from forensics.messages.message import Message, Sentences

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Rows of an exposure or outcome below which nothing is fitted.
FEWEST = 30

SAY = Sentences(
    "regression",
    few="{n:,} {n:plural:precinct|precincts} with outcome, composition and covariates; at least {fewest} "
    "are needed.",
    no_variation="{exposure} does not vary between precincts that share {groups}, so there is nothing to "
    "compare.",
    combination="{exposure} is a combination of the covariates {covariates} within {groups}, so the two "
    "cannot be told apart.",
    no_outcome="{outcome} is the same in all precincts that share {groups}.",
    one_cluster="all precincts lie in one unit of level {level}; errors shared within such units cannot be "
    "told.",
    one_intercept="one intercept",
    each="an intercept per {level}",
)


@dataclass(frozen=True, eq=False)
class Regression:
    """One regression, ready to be fitted; m rows, k columns, the exposure first.

    ``rows`` (m,) positions in the material; ``y`` (m,), ``x`` (m, k) with ``names``; ``group`` (m,)
    and ``cluster`` (m,) codes; ``weight`` (m,) or ``None``; ``alone`` the rows left out because
    they are the only one of their group; ``left_out`` all others left out; ``dropped`` covariates that
    add nothing.
    """

    rows: Codes
    y: Floats
    x: Floats
    names: tuple[str, ...]
    group: Codes
    cluster: Codes
    fixed_effects: str | None
    cluster_level: str
    weight: Floats | None
    alone: int
    left_out: int
    dropped: tuple[str, ...]

    def fit(self, y: Floats | None = None) -> Fit:
        """The fit, of another outcome of the same rows where one is given."""
        return fit(self.y if y is None else y, self.x, self.group, self.weight)

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return int(self.cluster.max(initial=-1)) + 1


def regression(
    material: Material,
    y: Floats,
    columns: Sequence[tuple[str, Floats]],
    *,
    fixed_effects: str | None,
    cluster: str,
    outcome: str,
    group: Codes | None = None,
    weight: Floats | None = None,
    kept: Flags | None = None,
    products: Sequence[str] = (),
) -> Regression | Message:
    """Choose rows and columns; a sentence where there is nothing to estimate.

    Parameters
    ----------
    material : Material
    y : ndarray of float64, shape (n,)
    columns : sequence of (name, ndarray of shape (n,))
        The exposure first, then the covariates in order of precedence.
    fixed_effects : str or None
        Level with an intercept per unit; ``None`` for one intercept.
    cluster : str
        Level whose units share errors.
    outcome : str
        Name, for sentences.
    group : ndarray of intp, shape (n,), optional
        Codes with an intercept each instead of those of the level (−1 is left out).
    weight : ndarray of float64, shape (n,), optional
    kept : ndarray of bool, shape (n,), optional
        Rows that may be used.
    products : sequence of str
        Columns that give way to the exposure where they say the same; all others do not.
    """
    exposure = columns[0][0]
    x = np.column_stack([values for _, values in columns])
    if group is None:
        group = material.codes[fixed_effects] if fixed_effects else np.zeros(len(y), dtype=np.intp)
    known = np.isfinite(y) & np.isfinite(x).all(axis=1) & (material.codes[cluster] >= 0) & (group >= 0)
    if kept is not None:
        known &= kept
    if weight is not None:
        known &= np.isfinite(weight) & (weight > 0)
    # A row that is alone in its group is compared with nothing.
    several = known & (np.bincount(group[known], minlength=int(group.max(initial=0)) + 1)[group] > 1)
    rows = np.flatnonzero(several)
    if len(rows) < FEWEST:
        return SAY("few", n=len(rows), fewest=FEWEST)
    _, own = np.unique(group[rows], return_inverse=True)
    _, shared = np.unique(material.codes[cluster][rows], return_inverse=True)
    groups = SAY("each", level=fixed_effects).text() if fixed_effects else SAY("one_intercept").text()
    if shared.max() == 0:
        return SAY("one_cluster", level=cluster)
    w = None if weight is None else weight[rows]
    if not independent(y[rows, None], own, w)[0]:
        return SAY("no_outcome", outcome=outcome, groups=groups)
    if not independent(x[rows, :1], own, w)[0]:
        return SAY("no_variation", exposure=exposure, groups=groups)
    # Covariates come first: what they say already is not the exposure's.
    yields = [i for i, (name, _) in enumerate(columns) if name in products]
    stays = [i for i in range(1, x.shape[1]) if i not in yields]
    order = np.array([*stays, 0, *yields])
    use = independent(x[rows][:, order], own, w)
    if not use[len(stays)]:
        names = ", ".join(columns[i][0] for i in stays)
        return SAY("combination", exposure=exposure, covariates=names, groups=groups)
    chosen = [0, *(int(i) for i in order[use] if i)]
    return Regression(
        rows=rows,
        y=y[rows],
        x=x[rows][:, chosen],
        names=tuple(columns[i][0] for i in chosen),
        group=own.astype(np.intp),
        cluster=shared.astype(np.intp),
        fixed_effects=fixed_effects,
        cluster_level=cluster,
        weight=w,
        alone=int(known.sum()) - len(rows),
        left_out=len(y) - int(known.sum()),
        dropped=tuple(columns[i][0] for i in range(1, x.shape[1]) if i not in chosen),
    )
