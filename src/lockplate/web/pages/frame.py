"""Frame: what every page handler is given: the page state of its server, the visitor, a form that proved itself.

What flows in: a request. What flows out: a visitor who is signed in; a form with its session's token.
What it must never see: a handler that reads a form without its token: the form comes only inside SignedForm.
"""

from dataclasses import dataclass

import msgspec
from litestar.di import NamedDependency

from lockplate.operations.faults import unseen_faults
from lockplate.operations.findings import new_findings
from lockplate.operations.operation import Actor
from lockplate.operations.publishing import PublicNumbers
from lockplate.registry.sessions import Session
from lockplate.terms import PersonId, Role
from lockplate.web.doorway import Doorway, HttpRequest
from lockplate.web.pages.forms import Form
from lockplate.web.pages.kept import KeptDocuments
from lockplate.web.pages.rendering import Rendering
from lockplate.web.pages.submissions import Submissions

STATE = "lockplate_pages"
VISITOR = "lockplate_visitor"


@dataclass(frozen=True, kw_only=True)
class PageState:
    """What the pages of one server share."""

    rendering: Rendering
    submissions: Submissions
    numbers: PublicNumbers
    kept: KeptDocuments


class Place(msgspec.Struct, frozen=True):
    """One line of the menu."""

    path: str
    name: str
    roles: frozenset[Role]


# a visit to the alerts is a showing, on record, so signing in does not lead there
MENU = (
    Place("/app/ask", "Ask", frozenset({Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})),
    Place("/app/alerts", "Alerts", frozenset({Role.OFFICER, Role.SUPERVISOR})),
    Place("/app/waiting", "Waiting", frozenset({Role.OFFICER, Role.SUPERVISOR})),
    Place("/app/records", "Records", frozenset({Role.AUDITOR})),
    Place("/app/findings", "Findings", frozenset({Role.AUDITOR})),
    Place("/app/numbers", "Numbers", frozenset({Role.SUPERVISOR, Role.AUDITOR})),
    Place("/app/readers", "Readers", frozenset({Role.ADMINISTRATOR})),
    Place("/app/faults", "Faults", frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})),
)
"""What is offered; whether it is allowed is the gate's to say at each act."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in."""

    session: Session
    new_findings: int = 0
    """Findings that this auditor has not been shown."""
    unseen_faults: int = 0
    """Open faults that nobody has acknowledged, for whoever manages readers or lists."""

    @property
    def actor(self) -> Actor:
        """Return on whose word operations run."""
        return Actor(person=self.session.person.person)

    @property
    def person(self) -> PersonId:
        """Return who it is."""
        return self.session.person.person

    @property
    def csrf(self) -> str:
        """Return the token for this session's forms."""
        return self.session.csrf_token

    @property
    def menu(self) -> tuple[Place, ...]:
        """Return the pages to offer."""
        return tuple(place for place in MENU if place.roles & self.session.person.roles)

    @property
    def home(self) -> str:
        """Return the first page for this person: an auditor reads records before anything else."""
        paths = [place.path for place in self.menu]
        return next((path for path in ("/app/records", *paths) if path in paths), "/")


class SignedForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that carried its session's token."""

    visitor: Visitor
    form: Form


def state_of(request: HttpRequest) -> PageState:
    """Return the page state of the server that this request came to, made at the first request."""
    state = request.app.state
    if STATE not in state:
        state[STATE] = PageState(
            rendering=Rendering(),
            submissions=Submissions(),
            numbers=PublicNumbers(),
            kept=KeptDocuments(),
        )
    made: PageState = state[STATE]
    return made


def visitor_of(request: HttpRequest, doorway: NamedDependency[Doorway]) -> Visitor:
    """Return who is signed in, or raise Unauthenticated; an error page later in this request greets them too."""
    session = doorway.session(request)
    node = doorway.node
    visitor = Visitor(
        session=session,
        new_findings=new_findings(node, session.person),
        unseen_faults=unseen_faults(node, session.person),
    )
    request.state[VISITOR] = visitor
    return visitor


def signed_form(
    doorway: NamedDependency[Doorway], visitor: NamedDependency[Visitor], form: NamedDependency[Form]
) -> SignedForm:
    """Return the form with its sender, or raise ForgedForm."""
    doorway.node.registries.sessions.require_csrf(visitor.session, form.text("csrf"))
    return SignedForm(visitor=visitor, form=form)
