"""The account's items in words: templates, keys, logins, volumes, and its holder. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.api.features import Feature
from tui.domain import offered
from tui.domain.filter_units import GB
from tui.domain.filters import Kind
from tui.domain.pod_costs import MONTH_HOURS, network_volume_per_hr
from tui.format import numbers as fmt
from tui.format.digits import whole_number
from tui.ui.primitives.cells import Cell
from tui.ui.primitives.facts import MASKED, Fact, Section
from tui.ui.render.facts import LACKING, LACKING_CELL, NOTHING, cell_or_lacking, date, money, or_lacking, text, yes
from tui.ui.render.list_rows import Row, Value
from tui.ui.render.money import when
from tui.ui.widgets.table import Cells, Column

if TYPE_CHECKING:
    from tui.api.account import Account, Profile, Template, TemplateText
    from tui.api.secret import Secret
    from tui.storage.owner_file import Duty, Owner

TEMPLATE_COLUMNS = (
    Column("name", "TEMPLATE", 16, 0, sort="name", flex=True),
    Column("image", "IMAGE", 26, 1, sort="image", flex=False),
    Column("disk", "DISK", 5, 5, right=True, sort="disk"),
    Column("volume", "VOLUME", 6, 4, right=True, sort="volume"),
    Column("env", "ENV", 3, 6, right=True, sort="env"),
    Column("kind", "KIND", 11, 2, sort="kind"),
    Column("runtime", "RUNTIME", 7, 7, right=True, sort="runtime"),
    Column("earned", "EARNED", 8, 8, right=True, sort="earned"),
)
TEMPLATE_VALUES = {
    "runtime": Value(Kind.SECONDS), "disk": Value(Kind.NUMBER, GB), "volume": Value(Kind.NUMBER, GB),
    "env": Value(Kind.NUMBER),
}  # fmt: skip
TEMPLATE_SORTS = ("name", "runtime", "earned", "kind", "image", "disk", "volume", "env")
ACCESS_COLUMNS = (
    Column("kind", "KIND", 8, 0, sort="kind"),
    Column("name", "NAME", 16, 0, sort="name", flex=True),
    Column("may", "", 28, 1, label="PERMISSIONS"),
    Column("created", "CREATED", 10, 4, sort="created"),
    Column("used", "LAST USED", 9, 3, sort="used"),
)
ACCESS_VALUES = {"created": Value(Kind.TIME), "used": Value(Kind.TIME)}
ACCESS_SORTS = ("kind", "name", "used", "created")
SHOWN_OF_AN_ID = 4


def masked(id: str | None) -> str:
    """An id cut to just enough to tell it from others."""
    if not id:
        return fmt.UNKNOWN
    return f"{id[:SHOWN_OF_AN_ID]}{MASKED}" if len(id) > SHOWN_OF_AN_ID else MASKED


def _gb(value: int | None) -> Cell:
    return NOTHING if value is None else ((f"{value:,} GB", "text"),)


# Templates


def template_keys(templates: Sequence[Template]) -> dict[str, Template]:
    """The templates by unique keys: an id may be missing, or occur twice."""
    by_key: dict[str, Template] = {}
    for number, template in enumerate(templates):
        key = template.id or f"template {number}"
        by_key[key if key not in by_key else f"{key} {number}"] = template
    return by_key


def template_rows(templates: Sequence[Template], lacks: frozenset[Feature] = offered.NOTHING) -> dict[str, Row]:
    """A row for each template. There may be hundreds: cells are made only for visible rows."""
    rows = template_keys(templates).items()
    return {key: Row(partial(_template_cells, template, lacks), _template_order(template)) for key, template in rows}


def _kind(template: Template) -> str:
    return (
        " ".join(word for word, on in (("serverless", template.serverless), ("public", template.public)) if on)
        or "private"
    )


def _template_cells(template: Template, lacks: frozenset[Feature]) -> Cells:
    minutes = template.runtime_minutes
    runtime: Cell = ((fmt.duration(None if minutes is None else minutes * 60.0), "muted"),)
    earned = money(template.earned, "good" if template.earned else "quiet")
    return {
        "name": ((template.name or template.id or fmt.UNKNOWN, "text"),),
        "image": ((template.image or fmt.UNKNOWN, "muted"),),
        "disk": ((_size(template.container_disk_gb), "text"),),
        "volume": ((_size(template.volume_gb), "text"),),
        "env": ((str(len(template.env_names)), "text" if template.env_names else "quiet"),),
        "kind": ((_kind(template), "muted"),),
        "runtime": cell_or_lacking(runtime, minutes is not None, Feature.TEMPLATE_USE, lacks),
        "earned": cell_or_lacking(earned, template.earned is not None, Feature.TEMPLATE_USE, lacks),
    }


def _template_order(template: Template) -> dict[str, Any]:
    return {
        "name": (template.name or "").lower(), "image": (template.image or "").lower(),
        "disk": template.container_disk_gb, "volume": template.volume_gb, "env": len(template.env_names),
        "kind": _kind(template),
        "runtime": None if template.runtime_minutes is None else 60.0 * template.runtime_minutes,
        "earned": template.earned,
    }  # fmt: skip


def _size(value: int | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value}G"


def template_facts(template: Template, lacks: frozenset[Feature] = offered.NOTHING) -> tuple[Section, ...]:
    """All fields of a template; for its variables the names."""
    minutes, absent = template.runtime_minutes, Feature.TEMPLATE_USE in lacks
    about = (
        Fact("Name", text(template.name), template.name or ""),
        Fact("ID", text(template.id), template.id or ""),
        Fact("Image", text(template.image), template.image or ""),
        Fact("Command", text(template.docker_args)),
        Fact("Ports", text(template.ports)),
        Fact("Container disk", _gb(template.container_disk_gb)),
        Fact("Volume", _gb(template.volume_gb)),
        Fact("Mount path", text(template.volume_mount_path)),
        Fact(
            "Registry login", ((masked(template.registry_auth_id), "text"),) if template.registry_auth_id else NOTHING
        ),
        Fact("Kind", ((_kind(template), "text"),)),
        Fact("Starts SSH", yes(template.start_ssh)),
        Fact("Starts Jupyter", yes(template.start_jupyter)),
        Fact("Advanced start", LACKING if absent else yes(template.advanced_start)),
        Fact("Runtime", LACKING if absent else text(None if minutes is None else fmt.duration(minutes * 60.0))),
        Fact("Earned", LACKING if absent else money(template.earned)),
        Fact("Readme, script", LACKING if absent else (("enter loads and shows them", "muted"),)),
    )
    sections = [Section("Template", about)]
    if template.env_names:
        sections.append(Section("Environment", tuple(Fact(name, ((MASKED, "quiet"),)) for name in template.env_names)))
    return tuple(sections)


MOST_OF_A_TEXT = 40_000
"""Maximum characters of a readme that are shown: it is parsed at once."""


def long_text(text: TemplateText | None) -> tuple[str, str]:
    """A template's readme and its start script, cut if they would take a second to show."""
    if text is None:
        return "", ""
    cut = [part if len(part) <= MOST_OF_A_TEXT else f"{part[:MOST_OF_A_TEXT]}\n\n…" for part in
           ((text.readme or "").strip(), (text.start_script or "").rstrip())]  # fmt: skip
    return cut[0], cut[1]


# Keys, logins, volumes


def access_rows(account: Account, now: float, tz: tzinfo | None) -> dict[str, Row]:
    by_key: dict[str, Row] = {}

    def add(key: str, kind: str, name: str | None, may: Cell, created: float | None, used: float | None) -> None:
        cells: dict[str, Cell] = {
            "kind": ((kind, "muted"),),
            "name": ((name or fmt.UNKNOWN, "text"),),
            "may": may,
            "created": ((date(created, tz), "muted"),) if created is not None else (),
            "used": ((_ago(used, now, short=True), "text"),) if kind == "API key" else (),
        }
        by_key[key] = Row(
            partial(dict, cells), {"kind": kind, "name": (name or "").lower(), "created": created, "used": used}
        )

    for n, key in enumerate(account.api_keys):
        may: Cell = ((key.permissions or fmt.UNKNOWN, "warn" if key.may_all else "text"), (f"  ID {MASKED}", "quiet"))
        add(f"key {n}", "API key", key.name, may, key.created_at, key.last_used_at)
    if Feature.API_KEYS in account.lacks:
        cells: dict[str, Cell] = {
            "kind": (("API key", "muted"),), "name": LACKING_CELL, "may": ((offered.WORDS, "quiet"),)
        }  # fmt: skip
        by_key["no keys"] = Row(partial(dict, cells), {"kind": "API key", "name": "", "created": None, "used": None})
    for n, login in enumerate(account.registry_logins):
        add(f"login {n}", "registry", login.name, ((f"ID {masked(login.id)}", "quiet"),), None, None)
    for n, volume in enumerate(account.network_volumes):
        rate = network_volume_per_hr(volume.size_gb)
        size = fmt.UNKNOWN if volume.size_gb is None else f"{volume.size_gb:,} GB"
        month = "" if rate is None else f"  {fmt.money(rate * MONTH_HOURS)}/mo"
        where: Cell = ((f"{size} {volume.data_center or ''}", "text"), (month, "muted"))
        add(f"volume {n}", "volume", volume.name or volume.id, where, None, None)
    return by_key


def _ago(at: float | None, now: float, short: bool = False) -> str:
    if at is None:
        return fmt.UNKNOWN
    return f"{(fmt.short_duration if short else fmt.duration)(max(0.0, now - at))} ago"


def access_facts(
    account: Account,
    profile: Profile | None,
    revealed: bool,
    now: float,
    tz: tzinfo | None,
    volume: str,
    owners: Mapping[Duty, Owner],
) -> tuple[Section, ...]:
    """The account itself, and its holder if that is requested.

    volume: the key of the row under the cursor.
    owners: which podtop does what for it.
    """
    notices = account.notices

    def told(value: Cell, feature: Feature) -> Cell:
        return or_lacking(value, feature, account.lacks)

    terms = NOTHING if account.terms_signed is None else yes(True) if account.terms_signed else (("▲ no", "warn"),)
    facts = (
        Fact("Email", told(text(account.email), Feature.EMAIL), account.email or ""),
        Fact("Account ID", told(text(account.funds.account_id), Feature.ACCOUNT_ID), account.funds.account_id or ""),
        Fact("Two-factor auth", told(_flag(account.two_factor), Feature.SECURITY)),
        Fact("Terms accepted", told(terms, Feature.SECURITY)),
        Fact("Machine quota", told(_number(account.machine_quota), Feature.MACHINE_QUOTA)),
        Fact("Worker quota", told(_number(account.serverless_workers, "  serverless"), Feature.WORKER_QUOTA)),
        *((Fact("API keys", LACKING),) if Feature.API_KEYS in account.lacks else ()),
    )
    mails: tuple[Fact, ...] = (
        Fact("Idle pods", yes(notices.stale_pods)),
        Fact("Pods", yes(notices.pods)),
        Fact("Low balance", yes(notices.low_balance)),
        Fact("Other", yes(notices.other)),
    )
    if Feature.EMAIL_ALERTS in account.lacks:
        mails = (Fact("", LACKING),)
    keys = [line for line in (account.public_ssh_keys or "").replace("\\n", "\n").split("\n") if line.strip()]
    sections = [
        Section("Account", facts),
        Section("Email alerts", mails),
        *([Section("podtop", tuple(_owners(owners, now)))] if owners else []),
        Section("Public keys", tuple(Fact(f"{n}", text(key), key) for n, key in enumerate(keys, 1))
                or (Fact("", (("none", "muted"),)),)),
        Section("Account holder", tuple(_profile(profile, revealed))),
    ]  # fmt: skip
    kind, _, number = volume.partition(" ")
    index = whole_number(number)
    if kind == "volume" and index is not None and index < len(account.network_volumes):
        network_volume = account.network_volumes[index]
        rate = network_volume_per_hr(network_volume.size_gb)
        cost: Cell = NOTHING
        if rate is not None:
            cost = ((f"{fmt.money(rate, 3)}/h", "text"), (f"  {fmt.money(rate * MONTH_HOURS)}/month", "muted"))
        details = (
            Fact("Name", text(network_volume.name)), Fact("ID", text(network_volume.id), network_volume.id),
            Fact("Size", _gb(network_volume.size_gb)),
            Fact("Data center", text(network_volume.data_center)), Fact("Costs", cost),
        )  # fmt: skip
        sections.insert(0, Section("Network volume", details))
    if kind == "key" and index is not None and index < len(account.api_keys):
        key = account.api_keys[index]
        details = (
            Fact("Name", text(key.name)), Fact("Permissions", text(key.permissions)),
            Fact("ID", ((MASKED, "quiet"), ("  never requested: for old keys it is the key", "quiet"))),
            Fact("Created", ((when(key.created_at, tz, now), "text"),)),
            Fact("Last used", ((_ago(key.last_used_at, now), "text"),)),
        )  # fmt: skip
        sections.insert(0, Section("API key", details))
    return tuple(sections)


def _owners(owners: Mapping[Duty, Owner], now: float) -> Iterator[Fact]:
    """A row for each duty: who has it, and since when."""
    for duty, owner in owners.items():
        since = f"  for {fmt.duration(max(0.0, now - owner.since))}" if owner.pid else ""
        name = "this podtop" if owner.is_me else owner.name
        yield Fact(duty.words.capitalize(), ((name, "text"), (since, "muted")))


def _flag(on: bool | None) -> Cell:
    return NOTHING if on is None else (("on", "good"),) if on else (("▲ off", "warn"),)


def _number(value: int | None, unit: str = "") -> Cell:
    return NOTHING if value is None else ((f"{value}", "text"), (unit, "muted"))


def _profile(profile: Profile | None, revealed: bool) -> Iterator[Fact]:
    if not revealed:
        yield Fact("", (("x shows the account holder", "muted"),))
        return
    if profile is None:
        yield Fact("", (("◌ loading…", "muted"),))
        return
    yield Fact("Name", _secrets(profile.first_name, profile.last_name))
    yield Fact("Company", _secrets(profile.company))
    yield Fact("Company ID", _secrets(profile.company_id))
    yield Fact("Tax ID", _secrets(profile.tax_id))
    yield Fact("Address", _secrets(profile.address_1))
    if profile.address_2 is not None:
        yield Fact("", _secrets(profile.address_2))
    yield Fact("Country", _secrets(profile.country))


def _secrets(*parts: Secret | None) -> Cell:
    return text(" ".join(part.reveal() for part in parts if part is not None))
