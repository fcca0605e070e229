"""Who appoints and who employs: the graph of institutions up to the national executive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.by_employer import Employed
from forensics.commissions.composition import Composition
from forensics.errors import ConfigError, ReturnsError
from forensics.kernels import plurality
from forensics.kernels.plurality import Bounded
from forensics.tables.counts import parse_names
from forensics.tables.header import Record
from forensics.tables.opening import open_frame

Floats = NDArray[np.float64]

KINDS = ("appoints", "ratifies", "nominates", "employs", "subordinate")
#: Kinds that lead from a person's employer upward.
EMPLOYMENT = ("employs", "subordinate")
#: Members that have to share a principal: two of three.
COMMON = (2, 3)
_COLUMNS = ("from", "to", "kind")


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """Edges between institutions, persons aside.

    Parameters
    ----------
    up : mapping of str to mapping of str to tuple of str
        For a kind, the principals of each institution: who appoints, ratifies, nominates or employs
        it, or whom it is subordinate to.
    root : str
        The national executive, where all employment chains that reach it end.
    """

    up: Mapping[str, Mapping[str, tuple[str, ...]]]
    root: str

    def __repr__(self) -> str:
        return f"<Graph below {self.root}>"

    @cached_property
    def _chains(self) -> dict[str, dict[str, int]]:
        return {}

    def principals(self, institution: str, kinds: Iterable[str] = EMPLOYMENT) -> dict[str, int]:
        """Everything above an institution with the steps up to it; the institution itself is 0."""
        kinds = tuple(kinds)
        key = "\x1f".join((*kinds, institution))
        if key not in self._chains:
            steps = {institution: 0}
            frontier = [institution]
            while frontier:
                above = [
                    (principal, steps[one] + 1)
                    for one in frontier
                    for kind in kinds
                    for principal in self.up[kind].get(one, ())
                ]
                frontier = []
                for principal, step in above:
                    if principal not in steps:
                        steps[principal] = step
                        frontier.append(principal)
            self._chains[key] = steps
        return self._chains[key]

    @cached_property
    def depth(self) -> dict[str, int]:
        """Steps of employment from each institution up to the root, where it is reached."""
        every = (
            dict.fromkeys(self.up["employs"]) | dict.fromkeys(self.up["subordinate"]) | {self.root: None}
        )
        chains = {one: self.principals(one) for one in every}
        return {one: chain[self.root] for one, chain in chains.items() if self.root in chain}


def read_edges(
    given: str | os.PathLike[str] | pd.DataFrame | Graph, /, *, root: str | None = None
) -> Graph:
    """A graph from a table of edges: ``from, to, kind, legal_basis``.

    ``from`` appoints, ratifies, nominates or employs ``to``; for ``subordinate``, ``from`` is
    subordinate to ``to``. A commission stands there by its ``commission_id``, an employer by its
    ``employer_id``.

    Parameters
    ----------
    root : str, optional
        The national executive; by default the one institution at the end of all employment chains.

    Raises
    ------
    ConfigError
        If the file cannot be read, a column is missing, a cell is empty, a kind is unknown, or it
        is not clear which institution is the national executive.
    """
    if isinstance(given, Graph):
        return given
    if isinstance(given, pd.DataFrame):
        frame, name = given, "edges"
    else:
        try:
            frame, source = open_frame(given, _score)
        except ReturnsError as error:
            raise ConfigError(f"table of edges {error}") from None
        name = source.name
    missing = next((column for column in _COLUMNS if column not in frame.columns), None)
    if missing is not None:
        raise ConfigError(f"{name}: no column {missing!r}; edges have the columns {', '.join(_COLUMNS)}")
    edges = pd.DataFrame({column: parse_names(frame[column]).astype("str") for column in _COLUMNS})
    for column in _COLUMNS:
        for row in edges.index[edges[column].isna()]:
            raise ConfigError(f"{name}: row {row}, column {column!r} is empty; every cell is filled")
    edges["kind"] = edges["kind"].str.casefold()
    for row, kind in edges["kind"][~edges["kind"].isin(KINDS)].items():
        raise ConfigError(f"{name}: row {row}: {kind!r} is no kind of edge; a kind is {', '.join(KINDS)}")
    up: dict[str, dict[str, tuple[str, ...]]] = {kind: {} for kind in KINDS}
    for one, other, kind in edges.itertuples(index=False):
        agent, principal = (one, other) if kind == "subordinate" else (other, one)
        known = up[kind].get(agent, ())
        if principal not in known:
            up[kind][agent] = (*known, principal)
    return Graph(up, root or _root(name, up))


def _score(record: Record) -> int:
    return sum(cell.strip() in _COLUMNS for cell in record)


def _root(name: str, up: Mapping[str, Mapping[str, tuple[str, ...]]]) -> str:
    """The institution above which nobody employs and which others are below."""
    agents = {**up["employs"], **up["subordinate"]}
    above = dict.fromkeys(
        principal for kind in EMPLOYMENT for principals in up[kind].values() for principal in principals
    )
    ends = [one for one in above if one not in agents]
    if len(ends) != 1:
        found = ", ".join(ends[:5]) or "none"
        raise ConfigError(
            f"{name}: the chains of employment end at {len(ends)} institutions ({found}); name the "
            "national executive"
        )
    return ends[0]


def graph_measures(composition: Composition, staff: Employed, graph: Graph) -> dict[str, Bounded]:
    """Chain depth, lowest common principal, and dual closure of each commission.

    A step leads from the member to the employer, another to whom the employer is subordinate, and
    so on. Members whose employer is not in the graph, or works for nobody below the national
    executive, have no chain; members of an unknown employer may have any.
    """
    n = len(composition)
    employer = staff.members["employer_id"].to_numpy(dtype=object)
    unknown = (
        pd.isna(employer)
        & ~staff.members["employer_type"].isin(("private", "retired", "student", "none")).to_numpy()
    )
    chains: list[dict[str, int]] = [
        {} if not isinstance(one, str) else graph.principals(one) for one in employer
    ]
    reach = np.array([chain.get(graph.root, -1) + 1 for chain in chains], dtype=np.float64)
    linked = reach > 0
    total = np.bincount(staff.body[linked], reach[linked], n)
    with_chain = np.bincount(staff.body[linked], minlength=n).astype(np.float64)
    u = np.bincount(staff.body[unknown], minlength=n).astype(np.float64)
    deepest = max(graph.depth.values(), default=0) + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = Bounded(
            total / with_chain, (total + u) / (with_chain + u), (total + deepest * u) / (with_chain + u)
        ).where(with_chain > 0)
    return {
        "chain_depth": depth,
        "common_principal": _common(composition, staff, graph, chains, u),
        "dual_closure": _closure(composition, staff, graph, chains, unknown),
    }


def _common(
    composition: Composition, staff: Employed, graph: Graph, chains: list[dict[str, int]], u: Floats
) -> Bounded:
    """Steps below the national executive of the lowest principal that enough members share."""
    n = len(composition)
    needed = plurality.quorum(composition.m, COMMON)
    shared: list[dict[str, int]] = [{} for _ in range(n)]
    for body, chain in zip(staff.body, chains, strict=True):
        for principal in chain:
            shared[body][principal] = shared[body].get(principal, 0) + 1
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    lowest_of_all = max(graph.depth.values(), default=0)
    for i, counts in enumerate(shared):
        certain = [graph.depth[p] for p, k in counts.items() if p in graph.depth and k >= needed[i]]
        possible = [graph.depth[p] for p, k in counts.items() if p in graph.depth and k + u[i] >= needed[i]]
        if certain:
            low[i], high[i] = max(certain), max(possible)
        if u[i] >= needed[i] > 0:
            high[i] = lowest_of_all
    value = np.where(low == high, low, np.nan)
    return Bounded(value, low, np.where(np.isfinite(low), high, np.nan))


def _closure(
    composition: Composition,
    staff: Employed,
    graph: Graph,
    chains: list[dict[str, int]],
    unknown: NDArray[np.bool_],
) -> Bounded:
    """Share of members whose appointers and employers meet below the national executive.

    Appointers are those of the commission (and of the commissions above it), and whoever nominated
    the member, with everything above them.
    """
    n = len(composition)
    places = composition.roster.commissions
    ids, parents = places["commission_id"].to_numpy(dtype=object), places["parent"].to_numpy(dtype=np.intp)
    appointers: list[dict[str, int]] = []
    for i in range(n):
        above: dict[str, int] = {}
        at = i
        while at >= 0:
            above |= graph.principals(str(ids[at]), KINDS)
            at = int(parents[at])
        appointers.append(above)
    nominated = staff.members["nominated_by"].to_numpy(dtype=object)
    closed = np.zeros(len(chains), dtype=bool)
    for i, (body, chain) in enumerate(zip(staff.body, chains, strict=True)):
        by = appointers[body]
        if isinstance(nominated[i], str):
            by = by | graph.principals(nominated[i], KINDS)
        closed[i] = any(p in by and p != graph.root for p in chain)
    counted = np.bincount(staff.body[closed], minlength=n).astype(np.float64)
    u = np.bincount(staff.body[unknown], minlength=n).astype(np.float64)
    return plurality.share(counted, u, composition.m)
