"""What the report says, in Swedish and in English."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words; `format` fills in the figures."""

    language: str
    title: str
    lead: str
    policies: Mapping[str, str]
    parts: Mapping[str, str]
    """What the money goes to, by the field of `ArmFigures`."""
    columns: tuple[str, ...]
    verdict_sure: str
    verdict_unsure: str
    gap: str
    saving: str
    cost_plot: str
    silence_plot: str
    silence_x: str
    silence_cost: str
    silence_overflow: str
    silence_km: str
    how: str
    silent: str
    second_round: str
    table: str


ENGLISH = Words(
    language="en",
    title="Which bins, when: {scenario} compared in closed loop",
    lead=(
        "{bins} bins, {seeds} made-up towns, {days} measured days each. Every way of choosing met the same waste, the "
        "same sensor noise and the same dead sensors; the same router drove the same trucks. Amounts are per day."
    ),
    policies={
        "fixed": "Fixed rounds",
        "level": "70 % full now",
        "risk": "Risk over 5 %",
        "groningen_rule": "Groningen's rule",
        "groningen_prize": "Groningen's prizes",
        "ours": "Tomma",
        "perfect": "Tomma, knowing the future",
    },
    parts={
        "driving": "Driving",
        "work": "Working time and lifts",
        "truck_days": "Trucks",
        "co2": "CO2",
        "overflow": "Overflow",
    },
    columns=(
        "", "Cost", "95 % interval", "More than Tomma", "95 % interval", "km", "Hours", "Emptied", "Fill then",
        "Nothing beside", "Overflow, h", "Overflow, l",
    ),
    verdict_sure="Tomma is cheaper than every other way, and for each of them chance is ruled out at 95 %.",
    verdict_unsure="At 95 %, chance is not ruled out against every other way: see the intervals.",
    gap="Tomma costs {gap:.1f} % more than who knows the future: so much lies in foresight.",
    saving="Kilometres against Groningen's rule: {saving:.1f} % fewer.",
    cost_plot="Cost a day, by what it goes to",
    silence_plot="When sensors fall silent",
    silence_x="Silent sensors, %",
    silence_cost="Cost",
    silence_overflow="Overflow",
    silence_km="Kilometres",
    how=(
        "An interval is Student's, over paired weeks of all towns. Overflow is counted by the hour and by the litre. "
        "Nothing beside: emptyings before which no waste lay beside the bin."
    ),
    silent="{share:.0f} % silent",
    second_round="a second round at {hour}",
    table="All figures",
)  # fmt: skip

SWEDISH = Words(
    language="sv",
    title="Vilka kärl, när: {scenario} jämförd i sluten slinga",
    lead=(
        "{bins} kärl, {seeds} påhittade orter, {days} uppmätta dagar var. Varje sätt att välja mötte samma avfall, "
        "samma mätbrus och samma tysta givare; samma ruttplanering körde samma bilar. Belopp är per dag."
    ),
    policies={
        "fixed": "Fasta turer",
        "level": "70 % fullt nu",
        "risk": "Risk över 5 %",
        "groningen_rule": "Groningens regel",
        "groningen_prize": "Groningens premier",
        "ours": "Tomma",
        "perfect": "Tomma som vet framtiden",
    },
    parts={
        "driving": "Körning",
        "work": "Arbetstid och lyft",
        "truck_days": "Bilar",
        "co2": "CO2",
        "overflow": "Överfyllnad",
    },
    columns=(
        "", "Kostnad", "95 %-intervall", "Mer än Tomma", "95 %-intervall", "km", "Timmar", "Tömda", "Fyllnad då",
        "Inget bredvid", "Överfullt, h", "Överfullt, l",
    ),
    verdict_sure="Tomma är billigare än alla andra sätt, och för vart och ett är slumpen utesluten på 95 %.",
    verdict_unsure="På 95 % är slumpen inte utesluten mot alla andra sätt: se intervallen.",
    gap="Tomma kostar {gap:.1f} % mer än den som vet framtiden: så mycket ligger i förutseende.",
    saving="Kilometer mot Groningens regel: {saving:.1f} % färre.",
    cost_plot="Kostnad per dag, efter vad den går till",
    silence_plot="När givare tystnar",
    silence_x="Tysta givare, %",
    silence_cost="Kostnad",
    silence_overflow="Överfyllnad",
    silence_km="Kilometer",
    how=(
        "Intervallen är Students, över parade veckor från alla orter. Överfyllnad räknas i timmar och liter. "
        "Inget bredvid: tömningar före vilka inget avfall låg bredvid kärlet."
    ),
    silent="{share:.0f} % tysta",
    second_round="en andra runda kl. {hour}",
    table="Alla siffror",
)  # fmt: skip

LANGUAGES = (SWEDISH, ENGLISH)
