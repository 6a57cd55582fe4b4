"""How much memory a process of ours may ask for. Imports nothing heavy: a child calls it before everything else."""

import resource

HEADROOM_MB = 3_072
"""Address space beyond the limit: libraries map far more than they touch. The parent watches what is touched."""


def limit_memory(memory_limit_mb: int) -> None:
    """Let this process ask for so much memory, and what libraries only map, and no more."""
    most = (memory_limit_mb + HEADROOM_MB) * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
