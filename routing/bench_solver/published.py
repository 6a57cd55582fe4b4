"""Best published figures that no instance file carries; some of them NOT YET CHECKED against the papers.

Trucks and miles of Kim, Kim and Sahoo (Computers & Operations Research 33, 2006), bettered by Benjamin and Beasley
(Computers & Operations Research 37, 2010). All were written down from memory. Kim's five instances up to 804 stops
agree with a public transcript of the paper's table 3 (its second algorithm, which clusters first; the first one needs
a truck less on three of them: 102, 335 and 444 stops); the others nobody has held against the printed tables, and a
ratio to one of those proves nothing. A later paper that beats one of them makes its line out of date.
"""

from routing.bench_solver.case import Published

_KIM_2006 = {
    "102_stop": (3, 205.1),
    "277_stop": (3, 527.3),
    "335_stop": (6, 205.0),
    "444_stop": (11, 87.0),
    "804_stop": (5, 769.5),
    "1051_stop": (18, 2370.4),
    "1351_stop": (7, 1039.7),
    "1599_stop": (13, 1459.2),
    "1932_stop": (17, 1395.3),
    "2100_stop": (16, 1833.8),
}
_BENJAMIN_BEASLEY_2010 = {
    "102_stop": (3, 174.5),
    "277_stop": (3, 447.6),
    "335_stop": (6, 182.1),
    "444_stop": (11, 78.3),
    "1051_stop": (17, 2250.2),
}
KIM = {
    name: Published(miles, trucks, source)
    for source, table in (("Kim et al. 2006", _KIM_2006), ("Benjamin and Beasley 2010", _BENJAMIN_BEASLEY_2010))
    for name, (trucks, miles) in table.items()
}
"""By instance; the later table wins."""
