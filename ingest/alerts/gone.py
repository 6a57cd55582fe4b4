"""Alerts about what is not there any more: a sensor that was taken down or moved, a bin that was retired. Pure.

No message ends them: the device lies in a drawer, and the new one speaks for itself.
"""

from collections.abc import Iterator

from ingest.alerts.scene import Scene
from tomma.model import Alert


def gone(scene: Scene) -> Iterator[Alert]:
    """Yield the end of every alert whose sensor hangs elsewhere or nowhere, or whose bin is no bin of the city."""
    for alert in scene.active:
        if alert.bin_id is not None and not _is_there(scene, alert):
            yield Alert(alert.kind, scene.now_utc, active=False, sensor_id=alert.sensor_id, bin_id=alert.bin_id)


def _is_there(scene: Scene, alert: Alert) -> bool:
    if alert.sensor_id is None:
        return alert.bin_id in scene.city.bins
    return scene.city.bin_of_sensor(alert.sensor_id, scene.now_utc) == alert.bin_id
