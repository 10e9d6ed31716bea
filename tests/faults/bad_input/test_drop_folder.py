"""Bad files in a drop folder: taken aside, refused with their reason, and good rows beside a bad one are stored."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from tests.city import City
from tests.faults.conftest import Ledger

HEADER = "JZLSH,HZID,GRDAH,XM,XBDM,CSRQ,ZJLX,ZJHM,LXDH,XZZ,JZRQ,JZLX,KSMC,YSGH,YSXM,ZS,ZDBM,ZDMC,SSY,SZY,TW,XL,GXSJ"


def visit(number: int, **changed: str) -> str:
    """A visit of an invented person at the clinic."""
    row = {
        "JZLSH": f"X{number:08d}",
        "HZID": f"X{number:06d}",
        "XM": "于^试",
        "XBDM": "1",
        "CSRQ": "19800101",
        "ZJLX": "99",
        "JZRQ": "20250617 10:37",
        "JZLX": "1",
        "KSMC": "全科",
        "YSGH": "D0102",
        "YSXM": "王玉山",
        "ZDBM": "K29.500",
        "ZDMC": "慢性胃炎",
        "GXSJ": "2025-06-17 11:05:00",
        **changed,
    }
    return ",".join(row.get(name, "") for name in HEADER.split(","))


def file(*rows: str) -> bytes:
    return "\r\n".join((HEADER, *rows, "")).encode("gb18030")


MIXED = (
    visit(101),
    visit(102, HZID=""),
    visit(103),
    "not,a,row",
    visit(104, JZRQ="someday"),
    visit(105, CSRQ="20251399"),
)
LARGE = file(visit(301)) * (17_000_000 // len(file(visit(301))))
FILES: dict[str, tuple[bytes, str, str]] = {
    "another header": (b"a,b,c\r\n1,2,3\r\n", "refused", "unknown-table"),
    "a header alone": (file(), "refused", "empty"),
    "nothing": (b"", "refused", "empty"),
    "no text": (bytes(range(256)) * 20, "refused", "charset"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "refused", ""),
    "a quote that never ends": (f'{HEADER}\r\n"{visit(1)}'.encode("gb18030"), "refused", ""),
    "a file in another charset": (file(visit(201)).decode("gb18030").encode(), "done", ""),
    "bad rows among good ones": (file(*MIXED), "refused", "patient-key"),
    "too much": (LARGE, "refused", "too-long"),
}


@pytest.fixture(scope="module")
def box(city: City) -> Path:
    """The drop folder, with all files put into it at once."""
    folder = Path(city.told["doors"]["csv_dir"])
    for name, (content, _, _) in FILES.items():
        draft = folder / f"{name}.part"
        draft.write_bytes(content)
        os.replace(draft, folder / f"{name}.csv")
    return folder


@pytest.mark.parametrize("name", FILES)
def test_a_dropped_file_gets_its_answer_in_the_inbox_and_lies_aside_whole(
    box: Path, ledger: Ledger, name: str
) -> None:
    content, state, reason = FILES[name]
    digest = hashlib.sha256(content if content is not LARGE else content[:4096])
    found, reasons = ledger.settled("door = 'csv' and digest = %s", digest.digest())
    assert found == state
    assert reason in reasons | {""}
    aside = box / ("refused" if reason == "too-long" else "taken") / f"{digest.hexdigest()[:12]}-{name}.csv"
    end = time.monotonic() + 10
    while not aside.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert aside.read_bytes() == content
    assert not (box / f"{name}.csv").exists()


def test_good_rows_around_bad_ones_are_stored(box: Path, ledger: Ledger) -> None:
    digest = hashlib.sha256(FILES["bad rows among good ones"][0]).digest()
    ledger.settled("door = 'csv' and digest = %s", digest)
    stored = ledger.rows(
        "select count(*) from resource r join resource_type t on t.number = r.type join inbox i on i.id = r.message"
        " where t.name = 'Encounter' and i.digest = %s",
        digest,
    )
    assert stored == [(3,)]
