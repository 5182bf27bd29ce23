"""Founding: a new node, or a new operator in one.

What flows in: settings, and what an administrator says of an operator. What flows out: a home folder that `open_node`
opens. What it must never see: a read. The key-encryption key is made outside the home folder, once, and never
overwritten.
"""

import msgspec

from lockplate.clock import Clock
from lockplate.errors import BadInput, Conflict
from lockplate.keys.kek import make_kek_file
from lockplate.law.profile import LawProfile
from lockplate.registry.agencies import Agencies
from lockplate.registry.database import close_database, migrate, open_database
from lockplate.registry.operators import Operator, Operators
from lockplate.settings import Settings
from lockplate.store.ownership import Ownership
from lockplate.terms import AgencyId, AgencyKind, OperatorId, ProfileId, RecordMode
from lockplate.wiring.layout import Layout
from lockplate.wiring.node import load_node_kek, require_home
from lockplate.wiring.policies import shipped_profiles

KNOWN_AGENCIES = (
    ("ice", "U.S. Immigration and Customs Enforcement", AgencyKind.IMMIGRATION_ENFORCEMENT),
    ("ero", "ICE Enforcement and Removal Operations", AgencyKind.IMMIGRATION_ENFORCEMENT),
    ("hsi", "Homeland Security Investigations", AgencyKind.IMMIGRATION_ENFORCEMENT),
    ("cbp", "U.S. Customs and Border Protection", AgencyKind.IMMIGRATION_ENFORCEMENT),
    ("border-patrol", "U.S. Border Patrol", AgencyKind.IMMIGRATION_ENFORCEMENT),
    ("dhs", "U.S. Department of Homeland Security", AgencyKind.IMMIGRATION_ENFORCEMENT),
    ("uscis", "U.S. Citizenship and Immigration Services", AgencyKind.IMMIGRATION_ENFORCEMENT),
)
"""Known from the first minute, so that nobody registers them as something else: the floor refuses them by kind."""


class NewOperator(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says of a new operator."""

    operator: OperatorId
    profile: ProfileId | None
    name: str = ""
    agency: AgencyId | None = None
    """None: an agency of the same id is made."""
    agency_kind: AgencyKind = AgencyKind.MUNICIPAL
    state: str | None = None
    """Two letters; None: the law profile's own."""
    zone: str = "UTC"
    record_mode: RecordMode | None = None
    """None: records where the profile allows them."""


def found_operator(settings: Settings, clock: Clock, new: NewOperator) -> Operator:
    """Make the node if there is none, and an operator in it; the node must not be running.

    Raises Conflict when the operator exists, NotFound for an unknown profile, BadInput for what cannot be.
    """
    profiles = shipped_profiles()
    profile = None if new.profile is None else profiles.on(new.profile, clock.now().date())
    mode = _record_mode(new, profile)
    require_home(settings)
    ownership = Ownership(settings.home)
    try:
        if settings.kek is None and not settings.kek_file.exists():
            make_kek_file(settings.kek_file)
        load_node_kek(settings)
        engine = open_database(Layout(settings.home).registry)
        try:
            migrate(engine)
            agencies = Agencies(engine, clock)
            _add_known_agencies(agencies)
            agency = _operator_agency(agencies, new, profile)
            return Operators(engine, clock).add(
                new.operator,
                agency=agency,
                name=new.name or new.operator,
                profile=new.profile,
                record_mode=mode,
                zone=new.zone,
            )
        finally:
            close_database(engine)
    finally:
        ownership.release()


def _record_mode(new: NewOperator, profile: LawProfile | None) -> RecordMode:
    allowed = frozenset({RecordMode.NONE}) if profile is None else profile.record_modes
    if new.record_mode is None:
        order = (RecordMode.RECORD, RecordMode.INDEX_ONLY, RecordMode.NONE)
        return next(mode for mode in order if mode in allowed)
    if new.record_mode not in allowed:
        raise BadInput(
            "the law profile does not let an operator keep that",
            code="record_mode_denied",
            next_step="Allowed here: " + ", ".join(sorted(mode.value for mode in allowed)),
        )
    return new.record_mode


def _add_known_agencies(agencies: Agencies) -> None:
    known = agencies.names()
    for agency, name, kind in KNOWN_AGENCIES:
        if AgencyId(agency) not in known:
            agencies.add(AgencyId(agency), name=name, kind=kind)


def _operator_agency(agencies: Agencies, new: NewOperator, profile: LawProfile | None) -> AgencyId:
    """Return the operator's agency, made when it does not exist."""
    agency = new.agency or AgencyId(new.operator)
    is_known = agency in agencies.names()
    kind = agencies.get(agency).kind if is_known else new.agency_kind
    if kind is AgencyKind.IMMIGRATION_ENFORCEMENT:
        raise Conflict("an immigration-enforcement agency cannot run readers here", code="floor")
    if not is_known:
        state = new.state if new.state is not None else "" if profile is None else profile.state
        agencies.add(agency, name=new.name or agency, kind=kind, state=state)
    return agency
