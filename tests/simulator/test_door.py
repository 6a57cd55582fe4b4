"""Which broker, as whom, and for which city."""

from pathlib import Path

import pytest

from ingest.brokers.embedded import logins
from simulator.door import device_login, register_city
from simulator.towns import Town, make_town
from tomma.broker_settings import BrokerSettings
from tomma.errors import ConfigurationError, ConflictError
from tomma.settings import Settings
from tomma.stores.wiring import open_stores


def test_the_embedded_brokers_device_login_is_found(tmp_path: Path) -> None:
    """Beside `tomma ingest --embedded-broker` nobody types a password."""
    settings = Settings(data_dir=tmp_path, broker=BrokerSettings(port=1999))
    assert device_login(settings, "", "", "").username == ""
    known = logins(tmp_path).device
    login = device_login(settings, "", "", "")
    assert (login.host, login.port, login.username, login.password) == ("127.0.0.1", 1999, "device", known.password)
    assert known.password not in str(login)


def test_a_named_broker_and_user_win(tmp_path: Path) -> None:
    """A city's own broker."""
    login = device_login(Settings(data_dir=tmp_path), "broker.town.example:8883", "gateway", "secret")
    assert (login.host, login.port, login.username) == ("broker.town.example", 8883, "gateway")


@pytest.mark.parametrize("broker", ["nowhere", ":1883", "host:", "host:0", "host:99999", "host:x"])
def test_a_broker_that_is_no_address_is_refused(tmp_path: Path, broker: str) -> None:
    """Before anything is started."""
    with pytest.raises(ConfigurationError, match="broker must be HOST:PORT"):
        device_login(Settings(data_dir=tmp_path), broker, "", "")


def test_a_city_is_registered_once_and_another_one_is_not_overwritten(tmp_path: Path, small_town: Town) -> None:
    """Somebody's real master data is worth more than a simulation."""
    settings = Settings(data_dir=tmp_path)
    other = make_town(12, seed=9).city
    register_city(settings, small_town.city, replace=False)
    register_city(settings, small_town.city, replace=False)
    with pytest.raises(ConflictError, match=r"another city registered \(Demo town: 160 bins\)"):
        register_city(settings, other, replace=False)
    with open_stores(settings) as stores:
        assert len(stores.registry.load().bins) == 160
    register_city(settings, other, replace=True)
    with open_stores(settings) as stores:
        assert len(stores.registry.load().bins) == 12
