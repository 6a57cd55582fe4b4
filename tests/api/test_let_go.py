"""What an application leaves behind in its process."""

import gc
from weakref import ref

from api.app import create_app
from tests.api.world import World, serving


def test_an_application_that_nobody_uses_any_more_is_let_go(world: World) -> None:
    """FastAPI remembers thousands of functions for good; one of ours held its application, and all that it held."""
    with serving(world) as client:
        assert client.get("/api").is_success
    unused = ref(create_app(world.context()))
    gc.collect()
    assert unused() is None
