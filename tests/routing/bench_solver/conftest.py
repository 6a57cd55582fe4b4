"""Tiny instances of our own, and the public ones where they are."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[4] / "shared" / "data" / "instances"

SQUARE = """NAME : square
TYPE : CVRP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 0 3
3 4 3
4 4 0
5 1 1
DEMAND_SECTION
1 0
2 5
3 5
4 5
5 5
DEPOT_SECTION
1
-1
EOF
"""
FLEET = """VEHICLES : 2
SERVICE_TIME : 2
"""
WINDOWS = """TIME_WINDOW_SECTION
1 0 20
2 0 4
3 0 20
4 0 20
5 10 20
"""
PRIZES = """PRIZE_SECTION
1 0
2 7
3 7
4 7
5 1
"""
HEAD = "Stop_ID\tX(feet)\tY(feet)\tEarly\tLate\tService\tLoad\tType"
KIM = f"""10.0 // capacity
15.0 // a day
3 // stops
3600 // lunch
30 // mph
{HEAD}
0 0 0 0600 1500 0 9999.00 0
7 5280 0 0000 2400 600 9999.00 2
1 0 5280 0000 2400 60 6.50 1
2 5280 5280 0000 0605 60 3.50 1
3 10560 0 1300 2400 60 5.00 1
"""


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """Four customers, the depot in a corner."""
    return _written(tmp_path / "square.vrp", SQUARE)


@pytest.fixture
def square_with_windows(tmp_path: Path) -> Path:
    """One that closes early and one that opens late."""
    return _written(tmp_path / "windows.vrp", _with(WINDOWS))


@pytest.fixture
def square_with_prizes(tmp_path: Path) -> Path:
    """Nobody need be visited."""
    return _written(tmp_path / "prizes.vrp", _with(WINDOWS + PRIZES))


@pytest.fixture
def waste(tmp_path: Path) -> Path:
    """One landfill, three stops: 15 yards a day in two trips at least."""
    return _written(tmp_path / "3_stop.txt", KIM)


def _with(sections: str) -> str:
    return SQUARE.replace("NODE_COORD", f"{FLEET}NODE_COORD").replace("DEMAND_SECTION", f"{sections}DEMAND_SECTION")


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
