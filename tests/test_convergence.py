"""R-hat, effective sizes and the shortest interval, against ArviZ."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.kernels.convergence import bulk_size, highest_density, rhat, tail_size

#: ArviZ 0.23.4 (rhat, ess bulk and tail, hdi of 95 %) on the chains of `chains` below, in this order.
ARVIZ = [
    ((4, 500, 0.8, 0.0), 1.0104867177135248, 197.24553466005455, 431.98900997930576, -2.14768192),
    ((4, 501, 0.3, 0.0), 1.0019971893286288, 1036.3886262459664, 1435.5684399111703, -2.04989607),
    ((2, 400, 0.95, 0.5), 1.1487653268901745, 12.09971082691483, 33.12716315875, -2.13883574),
    ((4, 300, -0.4, 0.0), 0.9979443851674474, 3207.043709552191, 1199.1001599045399, -1.96507184),
    ((3, 250, 0.0, 1.0), 1.3394219318080747, 7.477858100953296, 53.917148896412776, -1.38759203),
]
#: The same sums in another order; the interval was printed with eight decimals.
ROUNDING, PRINTED = 1e-9, 1e-8


def chains() -> list[np.ndarray]:
    """Autoregressive chains with shifted means, rounded so that every machine has the same."""
    rng = np.random.default_rng(20)
    made = []
    for (m, n, r, shift), *_ in ARVIZ:
        noise = rng.standard_normal((m, n))
        x = np.empty((m, n))
        x[:, 0] = noise[:, 0]
        for t in range(1, n):
            x[:, t] = r * x[:, t - 1] + np.sqrt(1 - r * r) * noise[:, t]
        made.append(np.round(x + shift * np.arange(m)[:, None], 12))
    return made


@pytest.mark.parametrize("case", range(len(ARVIZ)))
def test_the_definitions_are_those_of_arviz(case: int) -> None:
    draws, (_, r, bulk, tail, low) = chains()[case], ARVIZ[case]
    assert rhat(draws) == pytest.approx(r, rel=ROUNDING)
    assert bulk_size(draws) == pytest.approx(bulk, rel=ROUNDING)
    assert tail_size(draws) == pytest.approx(tail, rel=ROUNDING)
    assert highest_density(draws)[0] == pytest.approx(low, abs=PRINTED)


def test_chains_in_two_places_do_not_converge() -> None:
    rng = np.random.default_rng(3)
    draws = rng.standard_normal((4, 200)) + np.array([[0.0], [0.0], [9.0], [9.0]])
    # Ranks bound it: two halves of the normal scores lie 1.6 apart and vary by .36 each.
    assert rhat(draws) > 1.5
    assert bulk_size(draws) < 10


def test_a_constant_has_no_reduction_and_few_draws_are_all_in_the_interval() -> None:
    assert np.isnan(rhat(np.ones((2, 50))))
    assert highest_density(np.array([3.0, 1.0, 2.0])) == (1.0, 3.0)
