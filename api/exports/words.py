"""The words and numbers of a printed plan: the texts are those of the pages, so paper and screen say the same."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import quickjs
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision, get_currency_symbol
from babel.units import format_unit

from api.schema import ReasonOut
from routing.roads.guidance import Language
from tomma.city import Organisation

I18N = Path(__file__).parents[1] / "web" / "static" / "i18n"
PARTS = ("common", "office", "reasons", "plan", "alertkinds", "mail", "print", "resident")
LOCALES = {Language.SV: "sv_SE", Language.EN: "en_GB"}
"""The pages write numbers by the same two."""
DAY_FROM_H = 48.0
NEAREST_M = 10.0
KM_FROM_M = 995.0
GAP = re.compile(r"\{(\w+)\}")
Text = str | Mapping[str, str]


@cache
def texts_of(language: Language) -> Mapping[str, Text]:
    """Return every text the pages have in the language; a plural is a mapping from its form to the text."""
    found: dict[str, Text] = {}
    for part in PARTS:
        source = (I18N / language.value / f"{part}.js").read_text(encoding="utf-8")
        engine = quickjs.Context()
        engine.eval(source.replace("export default", "globalThis.words =", 1))
        found.update(json.loads(str(engine.eval("JSON.stringify(words)"))))
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """Says things in one language and writes numbers as the organisation does."""

    language: Language
    organisation: Organisation

    @property
    def locale(self) -> Locale:
        """Return the rules of the language."""
        return Locale.parse(LOCALES[self.language])

    def __call__(self, key: str, **values: Any) -> str:
        """Return the text with its values filled in; `n` picks the form of a plural."""
        text = texts_of(self.language)[key]
        if not isinstance(text, str):
            text = text.get(self.locale.plural_form(float(values["n"])), text["other"])
        return _filled(text, {name: str(value) for name, value in values.items()})

    def whole(self, value: float) -> str:
        """1234.4 -> 1 234."""
        return format_decimal(value, "#,##0", self.locale)

    def tenth(self, value: float) -> str:
        """3.14 -> 3,1."""
        return format_decimal(value, "#,##0.#", self.locale)

    def pct(self, fraction: float) -> str:
        """0.31 -> 31 %."""
        return format_percent(fraction, locale=self.locale)

    def money(self, minor: float) -> str:
        """Minor units (öre, cent) -> 42 kr."""
        currency = self.organisation.currency
        major = minor / 10 ** get_currency_precision(currency)
        pattern = self.locale.currency_formats["standard"].pattern.split(";")[0].replace(".00", "")
        if get_currency_symbol(currency, self.locale)[-1].isalpha():  # CLDR's spacing rule, which Babel leaves out
            pattern = pattern.replace("¤#", "¤\xa0#")
        return format_currency(major, currency, pattern, self.locale, currency_digits=False)

    def km(self, metres: float) -> str:
        """1340 -> 1,3 km."""
        return f"{self.tenth(metres / 1_000)} km"

    def metres(self, value: float) -> str:
        """118 -> 120 m, 1340 -> 1,3 km: no distance on the road is known better."""
        return f"{self.whole(round(value / 10) * 10)} m" if value < KM_FROM_M else self.km(value)

    def hours(self, value: float) -> str:
        """30.4 -> 30 h, 61 -> 2,5 dygn: how long until, or since."""
        if value < 1:
            return f"{max(0, round(value * 60))} min"
        if value < DAY_FROM_H:
            return f"{self.whole(value)} h"
        return format_unit(value / 24, "duration-day", "long", "#,##0.#", locale=self.locale)

    def duration(self, seconds: float) -> str:
        """7500 -> 2 h 5 min."""
        hours, minutes = divmod(max(0, round(seconds / 60)), 60)
        return " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes or not hours else [])])

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the organisation's clocks."""
        return moment.astimezone(ZoneInfo(self.organisation.timezone))

    def time(self, moment: datetime) -> str:
        """05:30 UTC -> 06:30."""
        return format_time(self.local(moment), "HH:mm", locale=self.locale)

    def moment(self, moment: datetime, now_utc: datetime) -> str:
        """06:30 today, 20 november 06:30 before."""
        local = self.local(moment)
        is_today = local.date() == self.local(now_utc).date()
        return self.time(moment) if is_today else f"{format_date(local, 'd MMMM', self.locale)} {self.time(moment)}"

    def day(self, day: date) -> str:
        """2026-11-20 -> fredag 20 november 2026."""
        return format_date(day, "EEEE d MMMM y", self.locale)

    def reason(self, reason: ReasonOut) -> str:
        """Return the sentence that the pages show for the reason; the names of its numbers carry their units."""
        text = texts_of(self.language)[f"reason.{reason.code}"]
        assert isinstance(text, str)  # noqa: S101  (a reason has no plural)
        return _filled(text, {name: self._written(name, value) for name, value in reason.values.items()})

    def _written(self, name: str, value: float) -> str:
        if name in ("p_overflow", "alpha") or name.endswith("_fraction"):
            return self.pct(value)
        if name == "passes_m":
            return self.metres(max(NEAREST_M, value))  # "within 0 m" says nothing
        if name in ("work_h", "shift_h"):
            return self.tenth(value)  # an amount of work is no time until
        for ending, write in (("_h", self.hours), ("_m", self.metres), ("_minor", self.money)):
            if name.endswith(ending):
                return write(value)
        for unit in ("l", "kg"):
            if name.endswith(f"_{unit}"):
                return f"{self.whole(value)} {unit}"
        return self.tenth(value)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its gaps filled; a dash for a number that an old plan lacks."""
    return GAP.sub(lambda gap: values.get(gap[1], "–"), text)
