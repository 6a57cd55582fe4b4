"""The comparison as a folder that a council can read: Markdown and a page in each language, plots, and the figures."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from simulator.proving.arms import OURS, SILENT_SHARE, Arm
from simulator.proving.plots import Bar, Line, bars, curves
from simulator.proving.summary import ArmFigures, Summary, as_json
from simulator.proving.words import LANGUAGES, Words

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;font-size:.85rem}td,th{padding:.3rem .5rem;border-bottom:1px solid #d8dde3;"
    "text-align:right}td:first-child,th:first-child{text-align:left}img{max-width:100%}div{overflow-x:auto}"
)


def write_report(summary: Summary, folder: Path) -> None:
    """Write `report.sv.md`, `report.en.md`, the same as .html, their plots and `figures.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(as_json(summary), indent=1) + "\n", encoding="utf-8")
    for words in LANGUAGES:
        plots = {f"cost.{words.language}.svg": _cost_plot(summary, words)}
        silence = _silence_plot(summary, words)
        if silence:
            plots[f"silence.{words.language}.svg"] = silence
        for name, svg in plots.items():
            (folder / name).write_text(svg, encoding="utf-8")
        (folder / f"report.{words.language}.md").write_text(_markdown(summary, words, list(plots)), encoding="utf-8")
        (folder / f"report.{words.language}.html").write_text(_page(summary, words, list(plots)), encoding="utf-8")


def _name(arm: Arm, words: Words) -> str:
    told = [words.policies[arm.policy]]
    if arm.silent_share != SILENT_SHARE:
        told.append(words.silent.format(share=100 * arm.silent_share))
    if arm.second_round_h is not None:
        told.append(words.second_round.format(hour=arm.second_round_h))
    return ", ".join(told)


def _sentences(summary: Summary, words: Words) -> list[str]:
    keys = summary.keys()
    lead = words.lead.format(bins=summary.bins, seeds=len(summary.seeds), days=summary.days)
    found = [lead, words.verdict_sure if keys["excludes_zero"] else words.verdict_unsure]
    gap, saving = keys["gap_to_perfect_information_pct"], keys["km_saving_vs_municipal_pct"]
    if gap is not None:
        found.append(words.gap.format(gap=gap))
    if saving is not None:
        found.append(words.saving.format(saving=saving))
    return found


def _rows(summary: Summary, words: Words) -> list[tuple[str, ...]]:
    return [_row(arm, each, summary, words) for arm, each in summary.arms.items()]


def _row(arm: Arm, each: ArmFigures, summary: Summary, words: Words) -> tuple[str, ...]:
    versus = summary.against_ours.get(arm)
    return (
        _name(arm, words),
        f"{each.cost_per_day:,.0f}",
        f"{each.cost_low:,.0f} – {each.cost_high:,.0f}",
        f"{versus.mean:+,.0f}" if versus else "",
        f"{versus.low:+,.0f} – {versus.high:+,.0f}" if versus else "",
        f"{each.km_per_day:.1f}",
        f"{each.hours:.1f}",
        f"{each.lifts:.0f}",
        f"{each.fill_pct:.0f} %",
        f"{each.service_pct:.2f} %",
        f"{each.overflow_h:.1f}",
        f"{each.overflow_l:.0f}",
    )


def _markdown(summary: Summary, words: Words, plots: Sequence[str]) -> str:
    lines = [f"# {words.title.format(scenario=summary.scenario)}", "", *_sentences(summary, words), ""]
    lines += [f"![]({name})" for name in plots]
    lines += ["", f"## {words.table}", "", f"| {' | '.join(words.columns)} |"]
    lines.append(f"|{'---|' + '---:|' * (len(words.columns) - 1)}")
    lines += [f"| {' | '.join(row)} |" for row in _rows(summary, words)]
    return "\n".join((*lines, "", words.how, ""))


def _page(summary: Summary, words: Words, plots: Sequence[str]) -> str:
    title = escape(words.title.format(scenario=summary.scenario))
    head = "".join(f"<th>{escape(column)}</th>" for column in words.columns)
    rows = "\n".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in _rows(summary, words))
    told = "\n".join(f"<p>{escape(sentence)}</p>" for sentence in _sentences(summary, words))
    images = "\n".join(f'<p><img src="{name}" alt=""></p>' for name in plots)
    return (
        f'<!doctype html>\n<html lang="{words.language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>\n'
        f"<h1>{title}</h1>\n{told}\n{images}\n<h2>{escape(words.table)}</h2>\n"
        f"<div><table><tr>{head}</tr>\n{rows}\n</table></div>\n<p>{escape(words.how)}</p></html>\n"
    )


def _cost_plot(summary: Summary, words: Words) -> str:
    rows = [
        Bar(
            _name(arm, words),
            tuple(float(getattr(each, part)) for part in words.parts),
            max(each.cost_low, 0.0),
            min(each.cost_high, 10.0 * each.cost_per_day),
        )
        for arm, each in summary.arms.items()
        if arm == Arm(arm.policy)
    ]
    return bars(words.cost_plot, list(words.parts.values()), rows)


def _silence_plot(summary: Summary, words: Words) -> str | None:
    """Return the curves over the share of silent sensors, against all alive; None where too few were tried."""
    shares = sorted(
        arm.silent_share
        for arm in summary.arms
        if arm == Arm(OURS, arm.silent_share) and arm.silent_share != SILENT_SHARE
    )
    if len(shares) < 2:
        return None
    tried = [summary.arms[Arm(OURS, share)] for share in shares]
    fields = {
        words.silence_cost: "cost_per_day", words.silence_overflow: "overflow", words.silence_km: "km_per_day",
    }  # fmt: skip
    lines = [
        Line(name, tuple(float(getattr(each, field)) / max(float(getattr(tried[0], field)), 1e-9) for each in tried))
        for name, field in fields.items()
    ]
    return curves(words.silence_plot, words.silence_x, [100.0 * share for share in shares], lines)
