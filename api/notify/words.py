"""The words of an e-mail, in both languages; a test holds them to the kinds there are."""

from collections.abc import Mapping
from typing import Literal

from tomma.model import AlertKind

type Language = Literal["sv", "en"]

KINDS: Mapping[Language, Mapping[AlertKind, tuple[str, str]]] = {
    "sv": {
        AlertKind.FIRE: ("Brand eller hetta", "Ring 112 om det brinner; skicka någon dit."),
        AlertKind.MORNING_PLAN_FAILED: ("Morgonens plan gick inte att göra", "Gör dagens plan för hand på plansidan."),
        AlertKind.OVERFLOW: ("Svämmar över", "Lägg kärlet på dagens runda."),
        AlertKind.OVERFLOW_SOON: ("Snart fullt, ingen bil hinner", "Lägg kärlet på rundan eller gör om planen."),
        AlertKind.PICKUP_MISSED: ("Missad tömning", "Fråga föraren; lägg kärlet på nästa runda."),
        AlertKind.TILT: ("Tippad eller öppen", "Res kärlet, stäng locket."),
        AlertKind.TAMPER: ("Manipulerad", "Se till kärl och givare på plats."),
        AlertKind.STREAM_SILENT: ("Ingenting kommer in", "Se till mäklare, nätserver och gateway."),
        AlertKind.MESSAGES_LOST: ("Meddelanden saknas", "Se till mäklare och gateway."),
        AlertKind.TWO_SENDERS: ("Två sändare med ett namn", "Ta reda på vilken som är den rätta."),
        AlertKind.SENSOR_SILENT: ("Tyst givare", "Se till batteri och mottagning vid nästa besök."),
        AlertKind.SENSOR_FAULT: ("Fel på givare", "Byt givaren."),
        AlertKind.BATTERY_LOW: ("Svagt batteri", "Byt batteri vid nästa besök."),
        AlertKind.BATTERY_FALLING: ("Batteriet sjunker fort", "Byt batteri; se om givaren sänder för ofta."),
        AlertKind.STUCK: ("Låst värde", "Rengör givaren, se om den mäter."),
        AlertKind.BLOCKED: ("Givaren skymd", "Ta bort det som skymmer givaren."),
        AlertKind.IMPOSSIBLE_VALUES: ("Omöjliga värden", "Kalibrera om eller byt givaren."),
        AlertKind.EMPTIED_UNPLANNED: ("Tömd utanför planen", "Fråga vem som tömde; rundan kan kortas."),
    },
    "en": {
        AlertKind.FIRE: ("Fire or heat", "Call 112 if it burns; send somebody."),
        AlertKind.MORNING_PLAN_FAILED: ("The morning's plan failed", "Make today's plan by hand on the planning page."),
        AlertKind.OVERFLOW: ("Overflowing", "Put the bin on today's round."),
        AlertKind.OVERFLOW_SOON: ("Full soon, no truck in time", "Put the bin on a round, or plan anew."),
        AlertKind.PICKUP_MISSED: ("Missed pick-up", "Ask the driver; put the bin on the next round."),
        AlertKind.TILT: ("Tilted or open", "Set the bin upright, close its lid."),
        AlertKind.TAMPER: ("Tampered with", "Look at bin and sensor on the spot."),
        AlertKind.STREAM_SILENT: ("Nothing comes in", "Look at broker, network server and gateway."),
        AlertKind.MESSAGES_LOST: ("Messages missing", "Look at broker and gateway."),
        AlertKind.TWO_SENDERS: ("Two senders with one name", "Find out which is the right one."),
        AlertKind.SENSOR_SILENT: ("Silent sensor", "Look at battery and reception at the next visit."),
        AlertKind.SENSOR_FAULT: ("Sensor fault", "Replace the sensor."),
        AlertKind.BATTERY_LOW: ("Battery low", "Change the battery at the next visit."),
        AlertKind.BATTERY_FALLING: ("Battery falling fast", "Change it; see whether the sensor sends too often."),
        AlertKind.STUCK: ("Stuck value", "Clean the sensor, see whether it measures."),
        AlertKind.BLOCKED: ("Sensor blocked", "Take away what hides the waste from the sensor."),
        AlertKind.IMPOSSIBLE_VALUES: ("Impossible values", "Calibrate anew or replace the sensor."),
        AlertKind.EMPTIED_UNPLANNED: ("Emptied off the plan", "Ask who emptied it; the round may be shortened."),
    },
}
WORDS: Mapping[Language, Mapping[str, str]] = {
    "sv": {
        "test_subject": "Provmeddelande",
        "test": "Meddelanden från tomma kommer fram hit.",
        "one": "{kind}: {place}",
        "many": "{count} larm",
        "one_over": "Över: {kind}: {place}",
        "many_over": "{count} larm är över",
        "all_over": "Över:",
        "since": "sedan {time}",
        "not_listed": "Dessutom, inte uppräknade:",
        "stream": "hela strömmen",
        "link": "Alla larm: {link}",
        "about": "Skickat av tomma till {recipient}. Vem som får vad bestäms under [notify] i inställningarna.",
    },
    "en": {
        "test_subject": "Test message",
        "test": "Messages from tomma arrive here.",
        "one": "{kind}: {place}",
        "many": "{count} alerts",
        "one_over": "Over: {kind}: {place}",
        "many_over": "{count} alerts are over",
        "all_over": "Over:",
        "since": "since {time}",
        "not_listed": "Also, not listed:",
        "stream": "the whole stream",
        "link": "All alerts: {link}",
        "about": "Sent by tomma to {recipient}. Who gets what is set under [notify] in the settings.",
    },
}
