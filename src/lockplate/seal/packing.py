"""Packing: a record's bytes made small before they are sealed.

What flows in: a record's MessagePack. What flows out: fewer bytes, and the same bytes again.
What it must never see: a key. Part of the sealed format (version 2): the dictionary never changes; another one is
another version.

A record is short and says what thousands of others say, so it is deflated (RFC 1951) against a fixed dictionary of
what readers usually say. Its length then tells how usual the vehicle is; zeros up to a multiple of eight bytes blur
that.
"""

import zlib

from lockplate.errors import SealBroken

BLOCK = 8
MAX_UNPACKED = 64 * 1024
"""Far above any record: what would unpack to more was not packed here."""
_WINDOW = -12
"""Raw deflate, a window of 4 KiB: it spans the dictionary and any usual record."""
_LEVEL, _MEMORY = 6, 4

_WORDS = (
    "US-GA US-NC US-VA US-PA US-NJ US-MI US-OH US-IL US-CO US-UT US-ID US-NM US-TX US-FL US-NY US-WA US-OR US-AZ US-NV "
    "US-CA US CA MX DE GB FR NL "
    "Acura Audi BMW Buick Cadillac Chevrolet Chrysler Dodge Ford GMC Honda Hyundai Infiniti Jeep Kia Lexus Mazda "
    "Mercedes-Benz Mitsubishi Nissan Porsche Ram Subaru Tesla Toyota Volkswagen Volvo "
    "Altima Camry Civic Corolla CR-V Elantra Equinox Escape Explorer F-150 Model 3 Model Y Outback Prius RAV4 Rogue "
    "Silverado Sprinter Tacoma Transit Wrangler "
    "motorcycle bus van truck pickup hatchback coupe sedan suv car vehicle Motorcycle Bus Van Truck Pickup Sedan SUV "
    "Suv CAR "
    "beige brown gold green orange purple yellow red blue gray grey silver black white Red Blue Gray Silver Black "
    "White BLACK WHITE GRAY SILVER "
    "Road Street Avenue Highway Bridge Exit Lane near at northbound southbound eastbound westbound north south east "
    "west leaving approaching departing Obverse Reverse reverse forward Out In out in "
)
_FORMATS = (
    "nedap", "tattile", "lilin", "milesight", "unifi", "fastalpr", "verkada", "genetec", "blueiris", "dahua", "frigate",
    "axis", "platerecognizer", "lockplate", "hikvision", "openalpr",
)  # fmt: skip


def _dictionary() -> bytes:
    """Return the dictionary: the usual words, then the shapes of a record around its fields."""
    head = b"\x9f\xa6\x9f\xa8\x9f\xa7\xc0\xcd\x02\xa5US-CA\xcb?\xee\x00\x00\x00\x00\x00\xa30-1\x90\xcb?\xec\x92\xa7"
    hundred = b"\xcb@V\x0c\xcc\xcc\xcc\xcc\xcd\xcb@U\x99\x99\x99\x99\x99\x9a\xa50-100\x90\xa50-100\x92\x92\xa7"
    vehicle = b"\xa7forward\x95\xc0\xc0\xa5white\xa3car\xc0\xc0\xc0\xa11\xa12"
    tails = b"".join(b"\xc0\xc0\xc0\xc0\xc0\xcd\x05" + bytes((0xA0 | len(name),)) + name.encode() for name in _FORMATS)
    return _WORDS.encode() + vehicle + tails + head + hundred


DICTIONARY = _dictionary()
_PACKER = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
"""Primed once and copied for each record; never fed itself."""


def pack(plain: bytes) -> bytes:
    """Return the bytes packed: a whole number of blocks."""
    packer = _PACKER.copy()
    packed = packer.compress(plain) + packer.flush()
    return packed + bytes(-len(packed) % BLOCK)


def unpack(packed: bytes) -> bytes:
    """Return the bytes that were packed, or raise SealBroken."""
    unpacker = zlib.decompressobj(_WINDOW, DICTIONARY)
    try:
        plain = unpacker.decompress(packed, MAX_UNPACKED)
    except zlib.error:
        raise SealBroken("a sealed record that does not unpack", code="record_packing") from None
    rest = unpacker.unused_data
    if not unpacker.eof or len(rest) >= BLOCK or rest.strip(b"\0"):
        raise SealBroken("a sealed record that does not unpack", code="record_packing")
    return plain
