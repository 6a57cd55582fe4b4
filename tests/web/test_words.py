"""Every word of the pages exists in every language, and every code of the core has words."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from playwright.sync_api import Page

from api.driver.flags import Flag
from api.exports.words import Words
from api.followup.deviations import DeviationKind
from api.schema import ReasonOut
from api.sensors.schemas import SensorStateName
from routing.roads.guidance import Language
from tomma.alerts import CareAction
from tomma.city import Organisation
from tomma.errors import Refusal
from tomma.events import EventKind, ReportKind, SkipReason
from tomma.model import AlertKind, EmptyingSource, Quality, RejectReason
from tomma.plan import PlanStatus, RoadsSource
from tomma.reasons import Reason, ReasonCode
from tomma.work import WorkKind, WorkStatus

STATIC = Path(__file__).parents[2] / "api/web/static"
PRINTED = STATIC.parents[1] / "exports"
"""What goes on paper takes its words from the same files."""
MAILED = STATIC.parents[1] / "notify" / "mail.py"
"""So do e-mails."""
RESIDENTS = (*(STATIC.parents[1] / "residents").glob("*.py"), STATIC.parents[0] / "templates" / "resident.html")
"""And the page behind a sticker, which has no script."""
LANGUAGES = ("sv", "en")
PARTS = sorted(path.stem for path in (STATIC / "i18n/en").glob("*.js"))
QUOTED = re.compile(r"""["'`]((?:[a-z_]+)\.[a-z0-9_.]*)(?=["'`$])""")
VALUES = {
    "p_overflow": 0.314, "alpha": 0.05, "fill_fraction": 0.872, "by_h": 24.0, "silent_h": 30.0, "prize_minor": 4_200.0,
    "days_since_emptied": 8.5, "limit_days": 7.0, "volume_l": 660.0, "weight_kg": 80.0,
    "due_in_h": 61.0, "later_minor": 5_100.0, "passes_m": 0.0, "saves_minor": 3_800.0, "asked_h": 5.0, "ago_h": 2.0,
    "days_early": 2.0, "work_h": 9.2, "shift_h": 8.0,
}  # fmt: skip

AllWords = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def words(plain: Page) -> AllWords:
    """Every text, by language and key, as the pages load them."""
    loaded: AllWords = plain.evaluate(LOAD_WORDS, PARTS)
    return loaded


def placeholders(text: Any) -> set[str]:
    """What a text wants filled in; a plural's forms taken together."""
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for name in re.findall(r"\{(\w+)\}", form)}


def test_every_language_says_everything(words: AllWords) -> None:
    """No half-translated page: the same keys, and the same numbers in each sentence."""
    assert set(words) == set(LANGUAGES)
    swedish, english = words["sv"], words["en"]
    assert set(swedish) == set(english)
    for key in swedish:
        assert placeholders(swedish[key]) == placeholders(english[key]), key


def test_every_code_of_the_core_has_words(words: AllWords) -> None:
    """A new reason cannot reach a page as a bare code."""
    wanted = {
        *(f"reason.{code}" for code in ReasonCode),
        *(f"reason_title.{code}" for code in ReasonCode),
        *(f"skip.{reason}" for reason in SkipReason),
        *(f"report_kind.{kind}" for kind in ReportKind),
        *(f"feed.{kind}" for kind in EventKind),
        *(f"flag.{flag}" for flag in Flag),
        *(f"deviation.{kind}" for kind in DeviationKind),
        *(f"status.{status}" for status in PlanStatus),
        *(f"roads.{source}" for source in RoadsSource),
        *(f"bin.emptying.{source}" for source in EmptyingSource),
        *(f"quality.{str(flag.name).lower()}" for flag in Quality),
        *(f"alert.{kind}" for kind in AlertKind),
        *(f"todo.{kind}" for kind in AlertKind),
        *(f"work.kind.{kind}" for kind in WorkKind),
        *(f"work.status.{status}" for status in WorkStatus),
        *(f"alerts.action.{action}" for action in CareAction),
        *(f"letter.{reason}" for reason in RejectReason),
        *(f"letter_why.{reason}" for reason in RejectReason),
        *(f"sensors.state.{state}" for state in get_args(SensorStateName)),
        *(f"refused.{kind}" for kind in Refusal),
    }
    for language in LANGUAGES:
        assert wanted <= set(words[language])


def test_the_pages_use_every_word_and_only_words_there_are(words: AllWords) -> None:
    """A key with a typing error, or a word nobody shows, is found here."""
    told = [path for path in STATIC.rglob("*.js") if path.relative_to(STATIC).parts[0] not in NO_WORDS]
    told += [*PRINTED.glob("*.py"), MAILED, *RESIDENTS]
    source = "".join(path.read_text() for path in told)
    known = set(words["sv"])
    families = {key.split(".")[0] for key in known}
    used = {key for key in QUOTED.findall(source) if key.split(".")[0] in families}
    whole = {key for key in used if key in known}
    beginnings = tuple(key for key in used - whole if key.endswith("."))
    assert used - whole - set(beginnings) - NOT_WORDS == set()
    assert {key for key in known - whole if not key.startswith(beginnings)} == set()


NO_WORDS = {"i18n", "vendor", "sw.js"}
NOT_WORDS = {
    "tomma.clock",
    "tomma.theme",
    "tomma.language",
    "tomma.vehicle",
    "tomma.city",
    "tomma.position",
    "resident.html",
}
"""Names under which the pages keep something on the device, and of a template."""


def test_a_reason_becomes_one_whole_sentence(plain: Page) -> None:
    """Its numbers are in it, with their units, and nothing is left to fill in."""
    reasons = [Reason(code, VALUES) for code in ReasonCode]
    bodies = [{"code": each.code.value, "values": dict(each.values)} for each in reasons]
    rows = plain.evaluate(TELL_REASONS, [bodies, list(LANGUAGES)])
    assert len(rows) == len(ReasonCode) * len(LANGUAGES)
    for language, code, sentence in rows:
        assert re.fullmatch(r"[A-ZÅÄÖ0-9][^{}–]*\.", sentence), (language, code, sentence)


def test_a_hygiene_interval_that_ends_before_the_next_truck_is_no_riddle(words: AllWords) -> None:
    """6.2 days "and the limit is 7" gave a reason against the visit: it is the next opportunity that comes too late."""
    told = {language: words[language]["reason.hygiene_interval"] for language in LANGUAGES}
    assert "with the next truck" in told["en"]
    assert "till nästa tur" in told["sv"]


def test_paper_says_what_the_pages_say(plain: Page) -> None:
    """Two writers of the same sentence, one in the browser and one for the PDF: word for word and number for number."""
    organisation = Organisation("o", "Staden", "Europe/Stockholm", "SEK")
    bodies = [{"code": code.value, "values": VALUES} for code in ReasonCode]
    for language, code, sentence in plain.evaluate(TELL_REASONS, [bodies, list(LANGUAGES)]):
        printed = Words(Language(language), organisation).reason(ReasonOut(code=code, values=VALUES))
        assert " ".join(printed.split()) == " ".join(sentence.split()), (language, code)


LOAD_WORDS = """async (parts) => {
  const {LANGUAGES, loadLanguage} = await import("/static/i18n/index.js");
  const words = await Promise.all(LANGUAGES.map(async (language) => [language, await loadLanguage(language, parts)]));
  return Object.fromEntries(words);
}"""

TELL_REASONS = """async ([reasons, languages]) => {
  const {loadLanguage, translator} = await import("/static/i18n/index.js");
  await Promise.all(languages.map((each) => loadLanguage(each)));
  const {createFormat} = await import("/static/lib/format.js");
  const {reasonText} = await import("/static/lib/reasons.js");
  const format = (language) => createFormat(language, {timezone: "Europe/Stockholm", currency: "SEK"});
  return languages.flatMap((language) => reasons.map((reason) => (
    [language, reason.code, reasonText(reason, translator(language), format(language))])));
}"""


def test_a_percentage_is_written_as_the_browser_writes_those_beside_it() -> None:
    """English "70%", Swedish "70 %": both ways in one table look like a mistake."""
    texts = {
        language: "".join(path.read_text() for path in (STATIC / "i18n" / language).glob("*.js"))
        for language in LANGUAGES
    }
    assert re.findall(r".{12}[\d}]\s%", texts["en"]) == []
    assert re.findall(r".{12}[\d}]%", texts["sv"]) == []
