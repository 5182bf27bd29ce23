"""The table of all operations: what a face can call, by name.

What flows in: the operations of each module. What flows out: one mapping.
What it must never see: a terminal, an HTTP request.
"""

from collections.abc import Mapping
from types import MappingProxyType

from lockplate.errors import NotFound
from lockplate.operations.agencies import AGENCIES
from lockplate.operations.alerts import ALERTS
from lockplate.operations.asking import ASKING
from lockplate.operations.checking import CHECKING
from lockplate.operations.documents import DOCUMENTS
from lockplate.operations.elsewhere import ELSEWHERE
from lockplate.operations.evidence import EVIDENCE
from lockplate.operations.faults import FAULTS
from lockplate.operations.findings import FINDINGS
from lockplate.operations.grants import GRANTS
from lockplate.operations.hits import HITS
from lockplate.operations.holds import HOLDS
from lockplate.operations.hotlists import HOT_LISTS
from lockplate.operations.law import LAW
from lockplate.operations.list_entries import LIST_ENTRIES
from lockplate.operations.list_grants import LIST_GRANTS
from lockplate.operations.local_law import LOCAL_LAW
from lockplate.operations.numbers import NUMBERS
from lockplate.operations.operation import Operation
from lockplate.operations.operators import OPERATORS
from lockplate.operations.people import PEOPLE
from lockplate.operations.places import PLACES
from lockplate.operations.readers import READERS
from lockplate.operations.receipts import RECEIPTS
from lockplate.operations.reconciling import RECONCILING
from lockplate.operations.records import RECORDS
from lockplate.operations.retaining import RETAINING
from lockplate.operations.taking_in import TAKING_IN
from lockplate.operations.waiting import WAITING
from lockplate.operations.witnesses import WITNESSES
from lockplate.operations.words import WORDS

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            *ASKING,
            *ELSEWHERE,
            *TAKING_IN,
            *WAITING,
            *EVIDENCE,
            *RECONCILING,
            *WITNESSES,
            *RECORDS,
            *FINDINGS,
            *FAULTS,
            *WORDS,
            *AGENCIES,
            *OPERATORS,
            *PEOPLE,
            *READERS,
            *PLACES,
            *GRANTS,
            *HOT_LISTS,
            *LIST_ENTRIES,
            *LIST_GRANTS,
            *HITS,
            *ALERTS,
            *NUMBERS,
            *HOLDS,
            *RETAINING,
            *RECEIPTS,
            *LAW,
            *DOCUMENTS,
            *LOCAL_LAW,
            *CHECKING,
        )
    }
)


def operation(name: str) -> Operation:
    """Return an operation by name, or raise NotFound."""
    try:
        return OPERATIONS[name]
    except KeyError:
        raise NotFound("there is no such command", code="no_operation") from None
