"""Where the simulator's messages go in, the city they belong to, and what is set up for it."""

import contextlib
from datetime import datetime

from ingest.brokers.embedded import logins
from simulator.publisher import BrokerLogin
from tomma.city import City
from tomma.errors import ConfigurationError, ConflictError, NotFoundError
from tomma.mornings import Schedule, SecondRound
from tomma.ports import Registry
from tomma.settings import Settings
from tomma.stores.wiring import open_stores


def device_login(settings: Settings, broker: str, username: str, password: str) -> BrokerLogin:
    """Return where to publish and as whom.

    Without a username this is the device login of the embedded broker, if this data directory has one; else nobody.
    """
    host, port = _address(broker) if broker else (settings.broker.host, settings.broker.port)
    if not username and (settings.data_dir / "broker" / "logins.json").exists():
        device = logins(settings.data_dir).device
        return BrokerLogin(host, port, device.username, device.password)
    return BrokerLogin(host, port, username, password)


def _address(broker: str) -> tuple[str, int]:
    host, colon, port = broker.rpartition(":")
    if not colon or not host or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ConfigurationError(f"broker must be HOST:PORT, got {broker}")
    return host, int(port)


def register_city(settings: Settings, city: City, *, replace: bool) -> None:
    """Register the city unless it is there; ConflictError when another one is and `replace` is not wanted."""
    with open_stores(settings) as stores:
        known = _known(stores.registry)
        if known is not None and _holds(known, city):
            return
        if known is not None and not replace:
            raise ConflictError(
                f"{settings.data_dir} has another city registered ({known.organisation.name}: {len(known.bins)} bins); "
                "use --replace-city, or another TOMMA_DATA_DIR"
            )
        stores.registry.save(city)


def begin_second_rounds(settings: Settings, since_utc: datetime) -> None:
    """Have the plan on the road changed every noon from then on, and sent to the trucks without anybody asking."""
    with open_stores(settings) as stores:
        noon = SecondRound(enabled=True, auto_publish=True)
        stores.mornings.set_schedule(Schedule(changed_utc=since_utc, second_round=noon))


def _known(registry: Registry) -> City | None:
    with contextlib.suppress(NotFoundError):
        return registry.load()
    return None


def _holds(known: City, wanted: City) -> bool:
    return wanted.bins.items() <= known.bins.items() and wanted.sensors.items() <= known.sensors.items()
