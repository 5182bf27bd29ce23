"""`lockplate hits numbers`: what hits came to, by list, reader or category.

What flows in: days, by what to count. What flows out: a table, or all of it as data.
What it must never see: a plate.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.operations.fault_words import lasting
from lockplate.operations.numbers import NumbersOf
from lockplate.registry.hit_numbers import By

HEAD = [
    "", "hits", "alerts", "weaker", "repeats", "undecided", "confirmed", "false, by cause", "duplicates",
    "false alerts", "age of entry", "outcomes",
]  # fmt: skip


def numbers(
    operator: Operator = "",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, in the operator's time zone.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="DAY", help="The day after the last.")] = "",
    by: Annotated[By, typer.Option("--by", help="What is counted by.")] = By.LIST,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Count hits: confirmed, false by cause, how often false, how old the entries were, what followed.

    Without days it is the last calendar month. A rate is said from twenty decided hits on.
    """
    with told_errors(as_json=as_json):
        wanted = NumbersOf(operator=operator, first=first, end=end, by=by)
        told = Session(settings_of(home)).run("hits.numbers", wanted, person=person)
        if as_json:
            print_json(told)
            return
        span, log = told["span"], told["log"]
        title = f"{span['first']} up to, not including, {span['end']} ({span['zone']}), by {told['by']}"
        print_table(HEAD, [_row(line) for line in (*told["lines"], told["total"])], title=title)
        if told["recounts"]:
            through = told["counted_through"] or "none"
            where = f"records 0 to {log['size'] - 1} of {log['origin']}, days on record through {through}"
            print_lines([f"Hits, findings and outcomes are counted from {where}."])
        print_lines(
            [f"Alerts, repeats and ages are of hits that are still here: since {told['here_since'] or 'none'}."]
        )


def _row(line: dict[str, Any]) -> list[object]:
    false, age = line["false"], line["age"]["median_seconds"]
    few = f"too few to say ({line['decided']})"
    wrong = sum(false.values())
    rate = few if line["false_rate"] is None else f"{line['false_rate']:.1%} ({wrong} of {line['decided']})"
    return [
        line["name"],
        line["hits"],
        line["alerts"],
        line["weaker"],
        line["repeats"],
        line["undecided"],
        line["confirmed"],
        _told(false) or "none",
        line["duplicates"],
        rate,
        "not known" if age is None else lasting(age),
        _told(line["outcomes"]) or "none told",
    ]


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count)
