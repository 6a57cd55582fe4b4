"""What is known of one device right now, registered or not."""

from api.assets.strangers import guesses
from api.bins.view import quality_names
from api.installations.schemas import DeviceOut
from api.services import Services
from ingest.identity import spellings_of
from tomma.city import Installation
from tomma.hangings import Hangings
from tomma.model import Measurement, Quarantined, Reading, SensorId


def device_out(hands: Services, name: str) -> DeviceOut:
    """Return how the device is; an EUI is found however it is written."""
    city, names = hands.city.current(), spellings_of(name)
    known = next((SensorId(each) for each in names if each in city.sensors), None)
    stranger = _stranger(hands, names)
    hung = Hangings(city.installations).of_sensor(known) if known else None
    if known and hung:
        return _hung(hands, known, hung)
    said = _said(hands, stranger) if stranger else None
    return DeviceOut(
        device_id=known or (stranger.device_ids[0] if stranger else name),
        state="waiting" if stranger else "unheard",
        bin_id=None,
        since_utc=None,
        make=(city.sensors[known].make if known else "") or (said[0] if said else ""),
        heard_utc=stranger.last_utc if stranger else None,
        received_utc=stranger.last_utc if stranger else None,
        distance_mm=said[1].distance_mm if said else None,
        fill_fraction=said[1].fill_fraction if said else None,
        battery_fraction=said[1].battery_fraction if said else None,
        battery_v=said[1].battery_v if said else None,
        rssi_dbm=None,
        snr_db=None,
        quality=[],
    )


def _hung(hands: Services, sensor_id: SensorId, hung: Installation) -> DeviceOut:
    newest = hands.context.readings.latest().get(hung.bin_id)
    reading: Reading | None = newest if newest and newest.sensor_id == sensor_id else None
    if reading is not None and reading.measured_utc < hung.from_utc:
        reading = None
    vital = hands.context.vitals.all().get(sensor_id)
    return DeviceOut(
        device_id=sensor_id,
        state="reading" if reading else "hung",
        bin_id=hung.bin_id,
        since_utc=hung.from_utc,
        make=hands.city.current().sensors[sensor_id].make,
        heard_utc=reading.measured_utc if reading else None,
        received_utc=reading.received_utc if reading else None,
        distance_mm=reading.distance_mm if reading else None,
        fill_fraction=reading.fill_fraction if reading else None,
        battery_fraction=vital.battery_fraction if vital else None,
        battery_v=reading.battery_v if reading else None,
        rssi_dbm=vital.rssi_dbm if vital else None,
        snr_db=vital.snr_db if vital else None,
        quality=quality_names(reading.quality) if reading else [],
    )


def _stranger(hands: Services, names: tuple[str, ...]) -> Quarantined | None:
    return next((each for each in hands.context.readings.quarantine() if set(each.device_ids) & set(names)), None)


def _said(hands: Services, device: Quarantined) -> tuple[str, Measurement] | None:
    letters = hands.context.readings.dead_letters(1, device_id=device.device_ids[0])
    found = guesses(letters[0].rejected) if letters else ()
    return (found[0].make, found[0].measurement) if found else None
