"""Decision cases: complete questions and acts with the verdict they must get, kept as files a lawyer can read.

What flows in: a gate, and a folder with ALLOW, DENY and APPROVAL. What flows out: one result for each case.
What it must never see: a real person's plate; cases are invented. A case is only explained, so it makes no permit.
"""

from pathlib import Path

import msgspec

from lockplate.errors import Reason
from lockplate.gate.act import Act, ActContext
from lockplate.gate.decision import Explanation, Gate
from lockplate.gate.policy_set import PolicyRefused
from lockplate.gate.question import AgencyFacts, OperatorFacts, PersonFacts, Question
from lockplate.terms import PolicyId, Verdict

FOLDERS = {"ALLOW": Verdict.PERMITTED, "DENY": Verdict.DENIED, "APPROVAL": Verdict.PENDING}
"""A case's folder is the verdict it must get."""


class ActCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act with its facts."""

    person: PersonFacts
    agency: AgencyFacts
    act: Act
    operator: OperatorFacts
    context: ActContext = ActContext()


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One case: what happens, which policies must decide, and the question or act in full."""

    title: str
    """What happens, in a sentence."""
    near: tuple[PolicyId, ...] = ()
    """The policies whose edge the case stands at, on the other side."""
    decided_by: tuple[PolicyId, ...]
    """The policies that must decide: exactly these."""
    question: Question | None = None
    act: ActCase | None = None

    def explain(self, gate: Gate) -> Explanation:
        """Return what the gate says about the case, or raise PolicyRefused when it is not one question or one act."""
        if self.question is not None and self.act is None:
            return gate.explain(self.question)
        if self.act is not None and self.question is None:
            act = self.act
            return gate.explain_act(act.person, act.agency, act.act, act.operator, act.context)
        raise PolicyRefused(f"the case “{self.title}” is not one question or one act")


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one case came out."""

    name: str
    """Folder and file, such as `DENY/immigration`."""
    title: str
    expected: Verdict
    got: Verdict
    expected_ids: tuple[PolicyId, ...]
    reasons: tuple[Reason, ...]
    near: tuple[PolicyId, ...]
    passed: bool
    """The verdict and the policies that decided are both as expected."""


def load_cases(folder: Path) -> dict[str, Case]:
    """Return name → case for every file under ALLOW, DENY and APPROVAL.

    Raises PolicyRefused for a file that is no case, and when one of the three holds none: a check of nothing passes.
    """
    cases: dict[str, Case] = {}
    for kind in FOLDERS:
        paths = sorted((folder / kind).glob("*.json"))
        if not paths:
            raise PolicyRefused(f"there are no {kind} cases", code="no_cases")
        for path in paths:
            name = f"{kind}/{path.stem}"
            try:
                cases[name] = msgspec.json.decode(path.read_bytes(), type=Case)
            except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise PolicyRefused(f"{name} is not a case: {error}", code="bad_case") from error
    return cases


def run_case(gate: Gate, name: str, case: Case) -> CaseResult:
    """Return how one case comes out under a gate."""
    expected, told = FOLDERS[name.split("/", maxsplit=1)[0]], case.explain(gate)
    ids = told.policy_ids()
    return CaseResult(
        name=name,
        title=case.title,
        expected=expected,
        got=told.verdict,
        expected_ids=case.decided_by,
        reasons=told.reasons,
        near=case.near,
        passed=told.verdict is expected and sorted(ids) == sorted(case.decided_by),
    )


def run_cases(gate: Gate, folder: Path) -> list[CaseResult]:
    """Return how every case in a folder comes out; `lockplate law check` shows them."""
    return [run_case(gate, name, case) for name, case in load_cases(folder).items()]
