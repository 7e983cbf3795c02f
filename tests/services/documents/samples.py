"""Files as people and attackers send them, made here."""

import io
import zipfile
import zlib

from PIL import ExifTags, Image, ImageFilter
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject


def pdf(pages: int = 1, *, script: str = "", password: str = "", attachment: bytes = b"") -> bytes:
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    if script:
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
        writer._root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    if attachment:
        writer.add_attachment("lampiran.exe", attachment)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    return _written(writer)


def pdf_with_hidden_action(kind: str) -> bytes:
    """An action that no page, menu or event refers to."""
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    action = DictionaryObject({NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("calc.exe")})
    writer._add_object(action)
    return _written(writer)


def pdf_bomb() -> bytes:
    """An object stream that unpacks to 200 MB and claims to hold the catalogue."""
    packed = zlib.compress(b" " * 200_000_000, 9)
    head = b"%PDF-1.7\n"
    stream = b"1 0 obj\n<</Type/ObjStm/N 1/First 10/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    stream += packed + b"\nendstream\nendobj\n"
    rows = (b"\x00\x00\x00\x00\x00\x00", b"\x01" + len(head).to_bytes(4, "big") + b"\x00", b"\x02\x00\x00\x00\x01\x00")
    start = len(head) + len(stream)
    table = b"3 0 obj\n<</Type/XRef/Size 3/W[1 4 1]/Root 2 0 R/Length 18>>stream\n" + b"".join(rows)
    table += b"\nendstream\nendobj\n"
    return head + stream + table + b"startxref\n%d\n%%%%EOF" % start


def _written(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def picture(width: int = 900, height: int = 700, *, blur: int = 0, seed: int = 0) -> Image.Image:
    """Something with edges: a chequered sheet with noise, as a photo of a paper has."""
    tile = Image.new("L", (2, 2))
    tile.putdata([40, 220, 220, 40 + seed % 150])
    sheet = tile.resize((width // 20, height // 20), Image.Resampling.NEAREST)
    sheet = Image.blend(sheet, Image.effect_noise(sheet.size, 80), 0.5).resize(
        (width, height), Image.Resampling.NEAREST
    )
    return (sheet.filter(ImageFilter.GaussianBlur(blur)) if blur else sheet).convert("RGB")


def image(kind: str = "JPEG", *, exif: bool = False, of: Image.Image | None = None, **options: int) -> bytes:
    buffer = io.BytesIO()
    extra: dict[str, object] = {"quality": 90}
    if exif:
        extra["exif"] = _exif()
    (of or picture(**options)).save(buffer, kind, **extra)
    return buffer.getvalue()


def _exif() -> Image.Exif:
    """Taken at Gedung Sate on 2 January 2026 at 09.30 WIB, by a named camera."""
    exif = Image.Exif()
    exif[0x010F] = "Kamera Rahasia"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[0x9003], details[0x9011] = "2026:01:02 09:30:00", "+07:00"
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[1], place[2], place[3], place[4] = "S", (6.0, 54.0, 9.0), "E", (107.0, 37.0, 8.0)
    return exif


def heavy_photo() -> bytes:
    """A real photo of some 14 MB: noise does not compress."""
    noise = Image.merge("RGB", [Image.effect_noise((2560, 1920), 90) for _band in range(3)])
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=97, subsampling=0)
    return buffer.getvalue()


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<x>" + b" " * 150_000_000)
    return buffer.getvalue()
