"""A laboratory report as a small PDF (ISO 32000-1), written by hand: one page, latin text, a standard font."""

from hie.operations.city.events import Report


def pdf(report: Report, patient_number: str) -> bytes:
    """The printed copy of a report: item codes, values, units, ranges. Numbers only, no name."""
    lines = [
        f"LABORATORY REPORT {report.number}",
        f"Patient {patient_number}",
        f"{report.reported:%Y-%m-%d %H:%M}",
        "",
    ]
    for result in report.results:
        analyte = result.analyte
        low, high = analyte.low, analyte.high
        lines.append(f"{analyte.code:<8}{result.value:>10} {analyte.unit:<10}{result.flag:<2} {low} - {high}")
    rows = "\n".join(f"({_escaped(line)}) Tj T*" for line in lines if line.isascii())
    stream = f"BT /F1 11 Tf 14 TL 56 780 Td\n{rows}\nET".encode("ascii")
    return _document(stream)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _document(stream: bytes) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + trailer
