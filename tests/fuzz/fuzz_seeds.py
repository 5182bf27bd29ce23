"""Seeds: valid samples of everything that this program reads, made by its own simulator and its own writers."""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet

from list_lines import SAMPLES
from lockplate.access import AccessRecord, PrivateDetails, canonical_leaf, commitments
from lockplate.checkpoint import Checkpoint, Signer
from lockplate.cosigning.cosignature import Cosigner
from lockplate.evidence.opening import make_opening, write_opening
from lockplate.evidence.proof_file import make
from lockplate.merkle import leaf_hash, root_of
from lockplate.note import parse_note
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.payloads import DIALECTS
from lockplate.terms import Action, OperatorId, PersonId, Verdict
from lockplate.wiring.policies import policy_folder
from lockplate.witnessing.submission import Submission

MORNING = datetime(2026, 11, 23, 15, tzinfo=UTC)
REPO = Path(__file__).resolve().parents[2]
PRIVATE = PrivateDetails(values={"plate": "7KTN041"}, salts={"plate": bytes(range(32))})
NEVER_SAID = ("7KTN04", "KTN04", "0F0F0F")
"""Of the plates and the key that stand in the seeds: no refusal quotes them."""
SIGNER = Signer("fuzz.example/log", bytes(range(32)))
COSIGNER = Cosigner("witness.example", bytes(range(64)))
OTHER_PAYLOADS: dict[str, tuple[bytes, ...]] = {
    "nedap": (
        b"%PLATE_STRING=KTN-041;%PLATE_COUNTRY=DEU;%DATE=2026-11-23;%TIME=15-00-01;%SN=77;%OCRSCORE=91;%TRANSIT_ID=5",
        b"PLATE_STRING: KTN-041\r\nDATE: 2026-11-23\r\nTIME: 15-00-01\r\nPLATE_STRING: KTN-042\r\n",
    ),
    "fastalpr": (
        (
            b'{"plate_text": "KTN041", "confidence": 0.7, "characters": [{"char": "K", "confidence": 0.7}],'
            b' "plate_detection": {"found": true}, "timestamp": 1795446001.5, "camera_id": "c1"}'
        ),
        b'[{"detection": {"label": "License Plate"}, "ocr": {"text": "KTN041", "confidence": [0.5, 0.6]}}]',
    ),
    "platerecognizer": (
        (
            b"timestamp,plate,score,dscore,file,box,model_make,color,vehicle,region,candidates\n"
            b"2026-11-23 15:00:01+00:00,ktn041,0.9,0.8,gate_screenshots/a.jpg,\"{'xmin': 1}\",\"[{'make': 'Volvo'}]\",[],"
            b"\"{'type': 'Van'}\",\"{'code': 'us-ca'}\",\"[{'plate': 'ktn041', 'score': 0.9}]\"\n"
        ),
    ),
}
TABLE = (
    "plate,at,reader,lat,lon,spot,conf\n"
    '7KTN041,2026-11-23T15:00:01Z,bridge,38.5,-121.4,"(38.5, -121.4)",0.9\n'
    '"7KTN,042",2026-11-23T15:00:02+01:00,,,,NA,\n'
    'АВ1234,2026-11-23 15:00:03,bridge-2,0,0,"(0, 0)",91\n'
)  # fmt: skip


@cache
def payloads() -> dict[str, tuple[bytes, ...]]:
    """Return bodies by format: a busy morning of readers that speak every dialect and fail in every way."""
    found: dict[str, dict[str, bytes]] = {}
    for number, dialect in enumerate(DIALECTS):
        fleet = Fleet(number, 3, passages_per_hour=60, dialects=[dialect.name])
        for message in fleet.messages(MORNING, MORNING + timedelta(hours=1)):
            # one of each kind is enough: they differ in values only
            found.setdefault(dialect.format, {}).setdefault(f"{dialect.name}/{message.kind}", message.body)
    bodies = {name: tuple(each.values()) for name, each in found.items()}
    return bodies | {name: (*bodies.get(name, ()), *more) for name, more in OTHER_PAYLOADS.items()}


def any_payload() -> tuple[bytes, ...]:
    """Return one or two bodies of every format."""
    return tuple(body for bodies in payloads().values() for body in bodies[:2])


def lines() -> tuple[bytes, ...]:
    """Return our own NDJSON."""
    one = {"plate": "7KTN041", "captured_at": "2026-11-23T15:00:01Z", "reader": "bridge", "latitude": 38.5}
    two = {"plate": "7KTN042", "captured_at": 1795446001.5, "reader": "other", "confidence": 0.9, "event_id": "e"}
    both = b"\n".join(msgspec.json.encode(line) for line in (one, two))
    return both, both.replace(b"\n", b"\r\n") + b"\n\n", *payloads()["lockplate"]


def tables() -> tuple[bytes, ...]:
    """Return a mapped CSV, plain, in other dress, and packed."""
    plain = TABLE.encode()
    return plain, b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"), gzip.compress(plain, mtime=0)


def parquet() -> tuple[bytes, ...]:
    """Return the same table as Parquet, twice."""
    rows = [line.split(",") for line in ("a,2026-11-23T15:00:01Z,r,1,2,x,0.5", "b,2026-11-23T15:00:02Z,r,1,2,x,0.6")]
    names = ["plate", "at", "reader", "lat", "lon", "spot", "conf"]
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
    made = []
    for compression in ("none", "gzip"):
        sink = io.BytesIO()
        pyarrow.parquet.write_table(table, sink, compression=compression)
        made.append(sink.getvalue())
    return tuple(made)


def maps() -> tuple[bytes, ...]:
    """Return the column maps of the documents."""
    return tuple(path.read_bytes() for path in sorted((REPO / "docs" / "maps").glob("*.yaml")))


def hot_lists() -> tuple[bytes, ...]:
    """Return a hot list's file."""
    return (
        (
            b"plate,region,category,reason,expires\n7KTN041,US-CA,stolen_vehicle,taken 11-20,2026-12-01T00:00:00Z\n"
            b'7KTN042,,,"a ""quoted"" word",2026-12-01\n\n'
        ),
        b"\xef\xbb\xbfplate,expires\r\n7KTN041,2026-12-01\r\n",
    )


def hot_lists_in(layout: str) -> tuple[bytes, ...]:
    """Return a small file of one layout, with both kinds of line ends."""
    found = tuple(sample.text().encode() for sample in SAMPLES if sample.layout == layout)
    return (*found, *(one.replace(b"\n", b"\r\n") for one in found))


RELEASED = (
    "ID,Name,Org Name,Total Networks Searched,Time Frame,License Plate,Reason,Case #,Search Time,Search Type\r\n"
    'a1,"Larch, A.",Pinewood CA PD,12,"06/01/2025, 01:02:03 AM UTC\n06/02/2025, 01:02:03 AM UTC",7KTN041,459,25-1,'
    '"06/02/2025, 01:02:04 AM UTC",search\r\n'
    'a2,***,Elm County CA SO,——,"06/01/2025, 01:02:03 AM UTC to 06/02/2025, 01:02:03 AM UTC",Z*00*,"say ""x""",,'
    '"06/02/2025, 01:03:04 AM UTC",lookup\r\n'
    "a2,REDACTED,,0,,,,,2025-06-18 00:02:04.789,convoy\r\n"
)


def released() -> tuple[bytes, ...]:
    """Return a released audit, as is, in another encoding, and an admin log."""
    log = (
        b"event_id,timestamp,user,event_type,entity_type,entity_details\n"
        b'1,2026-02-25T00:05:05.983Z,Ann,create,hotlist,"License: 7KTN041\nState: CA"\n'
    )
    return RELEASED.encode(), RELEASED.encode("utf-16"), RELEASED.replace(",", ";").encode(), log


def released_json() -> tuple[bytes, ...]:
    """Return searches as an array, and one a line."""
    rows = [
        {"id": f"a{number}", "searchDate": "2026-02-25T00:05:05.983Z", "networkCount": number, "reason": None}
        for number in range(3)
    ]
    return (
        json.dumps(rows).encode(),
        b"\n".join(json.dumps(row).encode() for row in rows),
        json.dumps({"data": rows}).encode(),
    )


def released_text() -> tuple[bytes, ...]:
    """Return a table as the text of a PDF has it."""
    text = (
        b"ID     Org_Name          Networks   Search_Time               Reason\n"
        b"a1     Pinewood CA PD          12   06/01/2025, 01:02 AM      stolen\n"
        b"                                                             car\n\f"
        b"a2     Elm County SO            3   06/01/2025, 01:03 AM      459\n    Page 1 of 2\n"
    )
    return (text,)


def released_sheets() -> tuple[bytes, ...]:
    """Return a spreadsheet of one sheet."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    words = ["id", "Search Time", "Name", "a1", "06/01/2025, 01:02:03 AM UTC", "Ann"]
    rows = ("".join(f'<c t="s"><v>{at}</v></c>' for at in row) for row in ((0, 1, 2), (3, 4, 5)))
    cells = "".join(f"<row>{row}</row>" for row in rows)
    parts = {
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{links}"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{cells}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {main}>{''.join(f'<si><t>{word}</t></si>' for word in words)}</sst>",
    }
    made = []
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", packing) as archive:
            for name, text in parts.items():
                archive.writestr(zipfile.ZipInfo(name), text, packing)
        made.append(out.getvalue())
    return tuple(made)


def plans() -> tuple[bytes, ...]:
    """Return plans of an import."""
    return (
        (
            b"plan: 1\nzone: America/Denver\nday_first: false\nsections:\n- kind: search\n  columns:\n"
            b"  - {label: Name, is: user, why: label, confidence: 0.9, examples: [Ann]}\n"
            b"  - {label: When, is: searched_at}\n"
        ),
        b"{plan: 1, sections: [{columns: [{is: id}, {is: searched_date}, {is: searched_clock}]}]}",
    )


def manifests() -> tuple[bytes, ...]:
    """Return the manifest of a release without rows."""
    counts = {
        "rows": 0, "imported": 0, "duplicate": 0, "refused": 0, "refused_by_reason": {}, "headers": 0, "blank_lines": 0,
        "id_repeats": 0,
    }  # fmt: skip
    made = {
        "format": 1, "release": "0" * 16, "file_name": "a.csv", "sha256": "0" * 64, "bytes": 0, "imported_at": "", "form": "csv",
        "original_kept": True, "plan": {"plan": 1}, "layouts": [], "period_from": None, "period_to": None, "counts": counts,
        "states": {}, "masks": {}, "time_rules": {}, "files": [],
    }  # fmt: skip
    return (json.dumps(made).encode(),)


def places() -> tuple[bytes, ...]:
    """Return a file of places."""
    return (b'kind,name,latitude,longitude,radius_m\nschool,Oak,38.5,-121.4,150\nclinic,"Elm, east",38.6,-121.5,\n',)


def agency_names() -> tuple[bytes, ...]:
    """Return names of agencies as releases write them, one a line."""
    return (
        b"Pine County CA SO\npine-county-ca-so\n[Federal] Federal Bureau of Investigation (FBI)\nLa Mesa PD\nHSI\n",
        "CA - Bowling USA Pinecrest, LLC\nO\u2019Pine Township MI PD\nRichmond VA SO\n[DEACTIVATED] Ca\u00f1on CO PD\n".encode(),
    )


def agency_lists() -> tuple[bytes, ...]:
    """Return a list of agencies."""
    return (b'name,alias,kind,state,notes\nPine Hub,PH; pine-hub,oversight,CA,"made, up"\nElm CA PD,,municipal,CA,\n',)


def confirmations() -> tuple[bytes, ...]:
    """Return a person's decisions on names, as YAML and as CSV."""
    return (
        b"confirmed:\n- {name: La Mesa PD, agency: La Mesa CA PD, by: Ann, day: 2026-11-24}\n- {name: PH, apart: true}\n",
        b"name,agency,apart,kind,state\nLa Mesa PD,La Mesa CA PD,,,\nPH,,yes,county,CA\n",
    )


def local_laws() -> tuple[bytes, ...]:
    """Return the ordinance of the documents."""
    return tuple(path.read_bytes() for path in sorted((REPO / "docs" / "local").glob("*.yaml")))


def profiles() -> tuple[bytes, ...]:
    """Return two law profiles that ship."""
    return tuple((policy_folder() / "law" / f"{name}.yaml").read_bytes() for name in ("match-only", "us-nh"))


def reports() -> tuple[bytes, ...]:
    """Return two report templates that ship."""
    return tuple(path.read_bytes() for path in sorted((policy_folder() / "reports").glob("*.yaml"))[:2])


def wording() -> tuple[bytes, ...]:
    """Return the wording of the policy document."""
    return ((policy_folder() / "documents" / "usage-policy.yaml").read_bytes(),)


def suggestive() -> tuple[bytes, ...]:
    """Return the list of suggestive words."""
    return ((policy_folder() / "suggestive-words.yaml").read_bytes(),)


def cases() -> tuple[bytes, ...]:
    """Return decision cases, questions and acts."""
    folder = policy_folder() / "cases"
    return tuple(
        path.read_bytes()
        for kind in ("ALLOW", "APPROVAL", "DENY")
        for path in sorted((folder / kind).glob("*.json"))[::9]
    )


def policies() -> tuple[bytes, ...]:
    """Return policies in Cedar."""
    return tuple(path.read_bytes() for path in sorted((policy_folder() / "permits").glob("*.cedar")))


def leaves() -> tuple[bytes, ...]:
    """Return leaves of a log."""
    plain = AccessRecord(action=Action.SIGN_IN, at=MORNING, operator=OperatorId("pine"), person=PersonId("ann"))
    full = msgspec.structs.replace(
        plain, verdict=Verdict.PERMITTED, window_from=MORNING, counts={"reads": 2}, facts={"change": "é"}, commitments=commitments(PRIVATE)
    )  # fmt: skip
    return canonical_leaf(plain), canonical_leaf(full)


def bundles() -> tuple[bytes, ...]:
    """Return an entry bundle."""
    return (b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves()),)


def checkpoints() -> tuple[bytes, ...]:
    """Return signed checkpoints, one with cosignatures."""
    hashes = [leaf_hash(leaf) for leaf in leaves()]
    checkpoint = Checkpoint(origin=SIGNER.origin, size=2, root=root_of(hashes))
    note = SIGNER.sign(checkpoint)
    cosigned = parse_note(note).with_lines(COSIGNER.cosign(checkpoint, MORNING)[:1]).written()
    return note.encode(), cosigned.encode()


def log_checkpoints() -> tuple[bytes, ...]:
    """Return the signed checkpoint without cosignatures."""
    return checkpoints()[:1]


def openings() -> tuple[bytes, ...]:
    """Return an opening of the second leaf's plate."""
    return (write_opening(make_opening(SIGNER.origin, 1, PRIVATE, ["plate"])).encode(),)


def refusals() -> tuple[bytes, ...]:
    """Return errors as another node tells them."""
    return (
        b'{"error": "denied", "fault": "caller", "message": "plate 7KTN041 of Ann", "next_step": "", "reasons": []}',
        b'{"error": "7KTN041", "message": "x"}',
        b"<html>502</html>",
    )


def log_keys() -> tuple[bytes, ...]:
    """Return the key of the log."""
    return (SIGNER.vkey.encode(),)


def keys() -> tuple[bytes, ...]:
    """Return verifier keys."""
    return SIGNER.vkey.encode(), COSIGNER.keys[0].text().encode()


def quorums() -> tuple[bytes, ...]:
    """Return witness policies."""
    witness = COSIGNER.keys[0].text()
    return (
        f"log {SIGNER.vkey}\nwitness w {witness} http://127.0.0.1:9/w\ngroup g any w\nquorum g\n".encode(),
        b"# nobody\nquorum none\n",
    )


def proofs() -> tuple[bytes, ...]:
    """Return proof files."""
    first, second = leaves()
    note = checkpoints()[0].decode()
    return (make(0, first, [leaf_hash(second)], note).encode(), make(1, second, [leaf_hash(first)], note).encode())


def submissions() -> tuple[bytes, ...]:
    """Return what a log sends to a witness."""
    note = checkpoints()[0].decode()
    return Submission(old=0, proof=(), note=note).body(), Submission(old=1, proof=(bytes(32),), note=note).body()


def tile_paths() -> tuple[bytes, ...]:
    """Return paths of tiles and bundles."""
    return b"tile/0/x001/234", b"tile/2/000.p/7", b"tile/entries/x001/x000/000.p/255"


def plates() -> tuple[bytes, ...]:
    """Return plates and patterns."""
    return b"7KTN041", "АВ12-34".encode(), b"7KTN04?", "Ｋ１２３".encode()


def moments() -> tuple[bytes, ...]:
    """Return times in the forms that people and readers write."""
    return (
        b"2026-11-23T15:00:01Z", b"2026-11-23", b"20261123150001+0100", b"2026/11/23 15:00:01.25", b"1795446001123",
        b"Mon, 23 Nov 2026 15:00:01 GMT",
    )  # fmt: skip


def instants() -> tuple[bytes, ...]:
    """Return times as our own files and requests hold them."""
    return b"2026-11-23T15:00:01Z", b"2026-11-23T15:00:01.250+01:00", b"2026-11-23T15:00Z"


def environments() -> tuple[bytes, ...]:
    """Return settings as an environment, one a line."""
    return (b"PORT=8421\nHOST=127.0.0.1\nBATCH_WAIT_MS=4\nKEK=" + b"0f" * 32, b"KEK_FILE=/x/kek\nMAX_WAITING_READS=10")


def bodies() -> tuple[bytes, ...]:
    """Return requests of commands: the command's name on the first line, its JSON below."""
    requests: Sequence[tuple[str, dict[str, object]]] = (
        ("lookup", {
            "plate": "7KTN041", "operators": ["pine"], "window_from": "2026-11-22T00:00Z", "window_to": "2026-11-23T00:00Z",
            "purpose": "felony_investigation", "offense": "felony", "basis": "warrant", "on_behalf_of": "own",
        }),
        ("record.list", {"operator": "pine", "before": 5, "verdict": "denied"}),
        ("place.add", {"kind": "worship", "name": "Oak", "latitude": 38.5, "longitude": -121.4, "radius_metres": 150, "operator": "pine"}),
        ("grant.propose", {
            "grantee": "ridge", "purposes": ["amber_alert"], "valid_to": "2026-12-01T00:00:00Z", "instrument": "attestation",
            "paper_pdf": base64.b64encode(b"%PDF-1.7").decode(),
        }),
    )  # fmt: skip
    return tuple(name.encode() + b"\n" + json.dumps(body).encode() for name, body in requests)
