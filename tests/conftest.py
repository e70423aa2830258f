"""Systems that tests share. Each worker of pytest-xdist has its own, and each test its own people."""

import os
import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.system import System  # noqa: E402


@pytest.fixture(scope="session")
def systems():
    running = {}

    def get(shape: str) -> System:
        if shape not in running:
            made = System(shape)
            try:
                made.start().administrator  # noqa: B018  the first account is special
            except BaseException:
                made.close()
                raise
            running[shape] = made
        return running[shape]

    yield get
    for each in running.values():
        each.close()


#: The shapes in which every scenario runs. `CUMULO_TEST_SHAPES=gateway` plays them through nginx.
SCENARIO_SHAPES = (os.environ.get("CUMULO_TEST_SHAPES") or "standalone,services-postgres").split(",")


@pytest.fixture(params=SCENARIO_SHAPES)
def system(request, systems) -> System:
    """The same test, once in each shape."""
    return systems(request.param)


@pytest.fixture
def person(system):
    """A member (not the administrator) with nothing yet."""
    system.administrator  # noqa: B018  the first account is special
    return system.register()


@pytest.fixture
def other(system):
    """Somebody else, who must never see what `person` has."""
    system.administrator  # noqa: B018
    return system.register()


@pytest.fixture
def own_system():
    """Systems that a test starts for itself, to break them."""
    started = []

    def make(shape="standalone", environment=None, gateway_environment=None, nats=None) -> System:
        started.append(System(shape, environment, gateway_environment=gateway_environment, nats=nats))
        return started[-1].start()

    yield make
    for each in started:
        each.close()
