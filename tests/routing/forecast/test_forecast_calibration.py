"""Whether a probability is one: told risks against what happened in made-up towns and in Edinburgh."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from routing.forecast_bench.recording import RecordingScore, read_recording, score_recording
from routing.forecast_bench.score import LEVELS, calibration_error, coverage, crps
from routing.forecast_bench.simulated import Score, score_towns
from routing.forecast_bench.town import TownSettings
from tomma.errors import ImportRefusedError

EDINBURGH = Path(__file__).parents[3].parent / "shared/data/edinburgh/enevo_collections.csv"


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    """Three looks at a town of 150 bins."""
    return score_towns(TownSettings(bins=150), seeds=[7])


def test_the_80_percent_band_holds_80_percent(scores: list[Score]) -> None:
    """450 cases a distance: two standard deviations of chance are 4 points, and some for the model."""
    for score in scores:
        assert score.coverage_80 == pytest.approx(0.80, abs=0.055), score


def test_told_risks_come_true_as_often_as_told(scores: list[Score]) -> None:
    """Chance alone moves the mean by up to two points at these numbers."""
    for score in scores:
        assert score.p_overflow == pytest.approx(score.overflowed, abs=0.03), score
        assert score.calibration_error < 0.05, score


def test_the_forecast_beats_the_rules_that_products_use(scores: list[Score]) -> None:
    """Last level plus slope, and an average by weekday, each with the errors it made before as its distribution."""
    for score in scores:
        assert score.crps < 0.95 * min(score.crps_of_rules.values()), score


def test_silent_sensors_are_told_as_well_as_speaking_ones() -> None:
    """When half the sensors have died the bands are wider, and still hold what they say."""
    for score in score_towns(TownSettings(bins=100, silent_share=0.5), seeds=[3]):
        assert score.coverage_80 == pytest.approx(0.80, abs=0.075), score
        assert score.p_overflow == pytest.approx(score.overflowed, abs=0.045), score


@pytest.fixture(scope="module")
def edinburgh() -> RecordingScore:
    """The last fortnight of a real recording, known only up to each day's midnight."""
    return score_recording(read_recording(EDINBURGH, "Europe/London"), "Europe/London", date(2016, 7, 25))


def test_on_a_real_recording_the_forecast_beats_simple_rules(edinburgh: RecordingScore) -> None:
    """Fill at the next collection, against the last rate, the own mean rate, the group's, and the own mean fill."""
    assert edinburgh.collections > 1500
    assert edinburgh.absolute_error < 1.05 * min(edinburgh.absolute_error_of_rules.values())
    assert edinburgh.crps < 0.75 * min(edinburgh.absolute_error_of_rules.values())


def test_on_a_real_recording_the_band_is_not_too_narrow(edinburgh: RecordingScore) -> None:
    """Crews came when the sensors told them to, before bins were full; so the band holds a little more than it says."""
    assert 0.74 <= edinburgh.coverage_80 <= 0.92


def test_a_recording_with_a_bad_row_names_the_line(tmp_path: Path) -> None:
    """A year of collections is not thrown away over one comma without saying where."""
    file = tmp_path / "recording.csv"
    file.write_text("site,t_local,fill_before_pct,fill_after_pct\n1,2016-06-03 13:23:26,much,0\n", encoding="utf-8")
    with pytest.raises(ImportRefusedError, match="line 2"):
        read_recording(file, "Europe/London")


def test_the_scores_themselves_are_right() -> None:
    """A perfect forecast of evenly spread truths has coverage 0.8 and a CRPS of a sixth of their range."""
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.2, 0.8, 4000)
    quantiles = np.tile(0.2 + 0.6 * LEVELS, (4000, 1))
    assert coverage(quantiles[:, 3], quantiles[:, 35], np.zeros(4000), truth) == pytest.approx(0.8, abs=0.02)
    assert crps(quantiles, truth) == pytest.approx(0.6 / 6, rel=0.06)
    p = rng.uniform(size=4000)
    assert calibration_error(p, rng.uniform(size=4000) < p) < 0.03
    assert calibration_error(p, rng.uniform(size=4000) < p**3) > 0.1


def test_a_full_bin_counts_for_the_band_by_the_risk_that_was_told() -> None:
    """Full is an atom: told with certainty, four fifths of it lie within the band, and none at a risk of 5 %."""
    one = np.ones(1)
    assert coverage(one, one, one, one) == pytest.approx(0.8)
    assert coverage(0.2 * one, 0.9 * one, 0.05 * one, one) == 0.0
    assert coverage(0.2 * one, one, 0.2 * one, one) == pytest.approx(0.5)
