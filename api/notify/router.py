"""`/notifications`: who is told of alerts, and what became of the messages."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.notify.pace import is_quiet
from api.notify.schemas import NoticeOut, NotificationsOut, RecipientOut, TrialIn
from api.problems.model import problems
from api.services import Hands
from tomma.notices import Notice, NoticeStatus
from tomma.notify_settings import Recipient, Rule

router = APIRouter(
    prefix="/notifications", tags=["alerts"], route_class=StrictRoute, dependencies=[allow(*OFFICE, Role.ADMIN)]
)

RECENT_SHOWN = 50
RECENT_ASKED = 500


@router.get("", summary="Who is told of alerts, and how that goes", responses=problems(404, 503))
def list_notifications(hands: Hands) -> NotificationsOut:
    """Return the recipients with their rules, and the newest messages. They are set in `[notify]` of the settings."""
    settings = hands.context.settings.notify
    recent = hands.context.outbox.recent(RECENT_ASKED)
    zone = ZoneInfo(hands.city.current().organisation.timezone)
    quiet = settings.quiet_from, settings.quiet_to
    begin, end = (each.strftime("%H:%M") if each else None for each in quiet)
    return NotificationsOut(
        recipients=[_recipient(each, settings.rules, recent) for each in settings.recipients],
        quiet_now=is_quiet(hands.context.clock.now_utc(), settings, zone),
        quiet_from=begin,
        quiet_to=end,
        messages_per_h=settings.messages_per_h,
        recent=[_notice(each) for each in recent[:RECENT_SHOWN]],
    )


@router.post(
    "/test",
    status_code=202,
    summary="Send a test message",
    dependencies=[allow(Role.MANAGER, Role.ADMIN)],
    responses=problems(400, 403, 404, 413, 415, 503),
)
def send_test_notification(hands: Hands, told: TrialIn) -> NoticeOut:
    """Put a message into the outbox, as an alert would; what became of it is read from `GET /notifications`."""
    return _notice(hands.alerts.courier.test(told.recipient))


def _recipient(recipient: Recipient, rules: Sequence[Rule], recent: Sequence[Notice]) -> RecipientOut:
    own = [each for each in recent if each.recipient == recipient.name]
    mine = [each for each in rules if recipient.name in each.to]
    return RecipientOut(
        name=recipient.name,
        channel=recipient.channel,
        to=recipient.email or str(urlsplit(recipient.webhook).hostname),
        kinds=_every(rules, [[kind.value for kind in each.kinds] for each in mine]),
        areas=_every(rules, [each.areas for each in mine]),
        fractions=_every(rules, [each.fractions for each in mine]),
        waiting=sum(each.status is NoticeStatus.WAITING for each in own),
        last=_notice(own[0]) if own else None,
    )


def _every(rules: Sequence[Rule], named: Sequence[Sequence[str]]) -> list[str]:
    """Return what the rules name taken together; a rule that names none means all."""
    if not rules or not all(named):
        return []
    return sorted({each for names in named for each in names})


def _notice(notice: Notice) -> NoticeOut:
    return NoticeOut(
        id=notice.id,
        recipient=notice.recipient,
        channel="email" if notice.channel == "email" else "webhook",
        alerts=notice.alerts,
        urgent=notice.urgent,
        created_utc=notice.created_utc,
        status=notice.status.value,
        attempts=notice.attempts,
        due_utc=notice.due_utc if notice.status is NoticeStatus.WAITING else None,
        settled_utc=notice.settled_utc,
        error=notice.error,
    )
