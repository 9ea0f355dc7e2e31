"""Makes unicode_properties.bin and unicode_names.bin from CPython's own database: run it with CPython 3.14 in this folder.

Both are raw deflate streams. unicode_names: lines `HEX;NAME` of code points whose name is not their number, then `=HEX;ALIAS` and
`PREFIX;FIRST;LAST` of names that end in the code point. unicode_properties (little-endian): see `Tables::read` in unicodedata.rs.
"""

import struct
import sys
import unicodedata as new
import zlib

OLD = new.ucd_3_2_0
CATEGORIES = "Cn Cc Cf Co Cs Ll Lm Lo Lt Lu Mc Me Mn Nd Nl No Pc Pd Pe Pf Pi Po Ps Sc Sk Sm So Zl Zp Zs".split()
BIDI = " L LRE LRO R AL RLE RLO PDF EN ES ET AN CS NSM BN B S WS ON LRI RLI FSI PDI".split(" ")
WIDTHS = "N A H W F Na".split()

CONTROLS = """NULL;0 START OF HEADING;1 START OF TEXT;2 END OF TEXT;3 END OF TRANSMISSION;4 ENQUIRY;5 ACKNOWLEDGE;6 ALERT;7 BACKSPACE;8
CHARACTER TABULATION;9 HORIZONTAL TABULATION;9 LINE FEED;a NEW LINE;a END OF LINE;a LINE TABULATION;b VERTICAL TABULATION;b FORM FEED;c CARRIAGE RETURN;d
SHIFT OUT;e SHIFT IN;f DATA LINK ESCAPE;10 DEVICE CONTROL ONE;11 DEVICE CONTROL TWO;12 DEVICE CONTROL THREE;13 DEVICE CONTROL FOUR;14
NEGATIVE ACKNOWLEDGE;15 SYNCHRONOUS IDLE;16 END OF TRANSMISSION BLOCK;17 CANCEL;18 END OF MEDIUM;19 SUBSTITUTE;1a ESCAPE;1b
INFORMATION SEPARATOR FOUR;1c FILE SEPARATOR;1c INFORMATION SEPARATOR THREE;1d GROUP SEPARATOR;1d INFORMATION SEPARATOR TWO;1e RECORD SEPARATOR;1e
INFORMATION SEPARATOR ONE;1f UNIT SEPARATOR;1f DELETE;7f NEXT LINE;85 NUL;0 SOH;1 STX;2 ETX;3 EOT;4 ENQ;5 ACK;6 BEL;7 BS;8 HT;9 TAB;9 LF;a NL;a EOL;a VT;b FF;c CR;d
SO;e SI;f DLE;10 DC1;11 DC2;12 DC3;13 DC4;14 NAK;15 SYN;16 ETB;17 CAN;18 EOM;19 EM;19 SUB;1a ESC;1b FS;1c GS;1d RS;1e US;1f SP;20 DEL;7f NEL;85 NBSP;a0 SHY;ad
PADDING CHARACTER;80 HIGH OCTET PRESET;81 BREAK PERMITTED HERE;82 NO BREAK HERE;83 INDEX;84 START OF SELECTED AREA;86 END OF SELECTED AREA;87
CHARACTER TABULATION SET;88 CHARACTER TABULATION WITH JUSTIFICATION;89 LINE TABULATION SET;8a PARTIAL LINE FORWARD;8b PARTIAL LINE BACKWARD;8c
REVERSE LINE FEED;8d SINGLE SHIFT TWO;8e SINGLE SHIFT THREE;8f DEVICE CONTROL STRING;90 PRIVATE USE ONE;91 PRIVATE USE TWO;92 SET TRANSMIT STATE;93
CANCEL CHARACTER;94 MESSAGE WAITING;95 START OF GUARDED AREA;96 END OF GUARDED AREA;97 START OF STRING;98 SINGLE GRAPHIC CHARACTER INTRODUCER;99
SINGLE CHARACTER INTRODUCER;9a CONTROL SEQUENCE INTRODUCER;9b STRING TERMINATOR;9c OPERATING SYSTEM COMMAND;9d PRIVACY MESSAGE;9e
APPLICATION PROGRAM COMMAND;9f ZWSP;200b ZWNJ;200c ZWJ;200d LRM;200e RLM;200f LRE;202a RLE;202b PDF;202c LRO;202d RLO;202e NNBSP;202f BOM;feff ZWNBSP;feff
BYTE ORDER MARK;feff LATIN CAPITAL LETTER GHA;1a2 LATIN SMALL LETTER GHA;1a3 WEIERSTRASS ELLIPTIC FUNCTION;2118"""


def deflate(data):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


numbers = [None]


def number(db, c):
    key = (db.decimal(c, -1), db.digit(c, -1), db.numeric(c, None))
    if key == (-1, -1, None):
        return 0
    if key not in numbers:
        numbers.append(key)
    return numbers.index(key)


records, pages = [], []


def table(db):
    index, known = [], {record: i for i, record in enumerate(records)}
    for page in range(0x110000 >> 7):
        row = []
        for point in range(page << 7, (page + 1) << 7):
            c = chr(point)
            flags = db.mirrored(c) | WIDTHS.index(db.east_asian_width(c)) << 1
            record = (CATEGORIES.index(db.category(c)), BIDI.index(db.bidirectional(c)), db.combining(c), flags, number(db, c))
            if record not in known:
                known[record] = len(records)
                records.append(record)
            row.append(known[record])
        row = tuple(row)
        if row not in pages:
            pages.append(row)
        index.append(pages.index(row))
    return index


tables = [table(new), table(OLD)]
decompositions = [(p, d) for p in range(0x110000) if (d := new.decomposition(chr(p)))]
old_decompositions = [(p, d) for p in range(0x110000) if (d := OLD.decomposition(chr(p))) != new.decomposition(chr(p)) and OLD.category(chr(p)) != "Cn"]
composed = [p for p, d in decompositions if not d.startswith("<") and new.normalize("NFC", new.normalize("NFD", chr(p))) == chr(p)]
out = bytearray()
for index in tables:
    out += struct.pack(f"<{len(index)}H", *index)
out += struct.pack("<I", len(pages))
for row in pages:
    out += struct.pack("<128H", *row)
out += struct.pack("<I", len(records))
for record in records:
    out += struct.pack("<4BH", *record)
out += struct.pack("<I", len(numbers))
for entry in numbers:
    out += struct.pack("<bbd", *(entry[:2] if entry else (-1, -1)), float("nan") if entry is None or entry[2] is None else entry[2])
for group in (decompositions, old_decompositions):
    out += struct.pack("<I", len(group))
    for point, text in group:
        out += struct.pack("<IH", point, len(text)) + text.encode()
out += struct.pack(f"<I{len(composed)}I", len(composed), *composed)
names, ranges, lines = [], [], []
for point in range(0x110000):
    name = new.name(chr(point), None)
    if name is None or name.startswith("HANGUL SYLLABLE "):
        continue
    suffix = f"-{point:X}"
    if name.endswith(suffix):
        prefix = name[: -len(suffix)]
        if ranges and ranges[-1][0] == prefix and ranges[-1][2] == point - 1:
            ranges[-1][2] = point
        else:
            ranges.append([prefix, point, point])
    else:
        lines.append(f"{point:X};{name}")
aliases = []
words = CONTROLS.replace("\n", " ").split(" ")
pending = []
for word in words:
    if ";" in word:
        last, point = word.split(";")
        alias = " ".join(pending + [last])
        try:
            if new.lookup(alias) == chr(int(point, 16)):
                aliases.append(f"={point.upper()};{alias}")
            else:
                print("differs:", alias, file=sys.stderr)
        except KeyError:
            print("unknown:", alias, file=sys.stderr)
        pending = []
    else:
        pending.append(word)
lines += aliases + [f"{prefix};{first:X};{last:X}" for prefix, first, last in ranges]
for name, data in (("unicode_properties.bin", bytes(out)), ("unicode_names.bin", "\n".join(lines).encode())):
    packed = deflate(data)
    with open(name, "wb") as file:
        file.write(packed)
    print(name, len(data), len(packed))
