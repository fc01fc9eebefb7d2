"""A small valid PDF: lines of text on one A4 page."""

from __future__ import annotations

MOST_LINES = 48


def document(lines: list[str]) -> bytes:
    """The bytes of the file; what the built-in font lacks becomes a question mark."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        _stream(lines[:MOST_LINES]),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    return bytes(out + _index(places, len(out)))


def _stream(lines: list[str]) -> bytes:
    text = b"BT /F 11 Tf 15 TL 60 780 Td " + b" ".join(b"(%b) Tj T*" % _escaped(line) for line in lines) + b" ET"
    return b"<</Length %d>>stream\n%b\nendstream" % (len(text), text)


def _escaped(line: str) -> bytes:
    encoded = line.replace("−", "-").encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _index(places: list[int], start: int) -> bytes:
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    return b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        rows,
        size,
        start,
    )
