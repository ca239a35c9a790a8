#!/bin/sh
# Makes the two embedded fonts from Debian's fonts-noto-cjk (package version 1:20220127) with pyftsubset (pip install fonttools==4.68.0).
# Kept: printable ASCII and Latin-1, punctuation, arrows, GB 2312 levels 1 and 2, and the characters of names.txt, which are common
# in given names and missing from GB 2312. The family is renamed because a changed font must not carry the reserved name.
set -eu
cd "$(dirname "$0")"
source_dir=${1:-/usr/share/fonts/opentype/noto}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$work/chars.txt" names.txt <<'PY'
import sys
chars = {chr(c) for c in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
for row in (*range(0xA1, 0xAA), *range(0xB0, 0xF8)):
    for cell in range(0xA1, 0xFF):
        try:
            chars.add(bytes([row, cell]).decode("gb2312"))
        except UnicodeDecodeError:
            pass
# Kana, Cyrillic and bopomofo rows of GB 2312 are never shown here.
chars = {c for c in chars if not 0x3040 <= ord(c) <= 0x312F and not 0x400 <= ord(c) <= 0x4FF}
chars |= set("–—‘’“”•…‹›€←↑→↓−×÷≤≥■□▲▼●○★☆✓")
chars |= {c for c in open(sys.argv[2], encoding="utf-8").read() if c > " "}
open(sys.argv[1], "w", encoding="utf-8").write("".join(sorted(chars)))
PY

for weight in Regular Bold; do
    # Face 2 of the collection is Simplified Chinese.
    pyftsubset "$source_dir/NotoSansCJK-$weight.ttc" --font-number=2 --text-file="$work/chars.txt" \
        --layout-features='kern' --no-hinting --drop-tables+=vhea,vmtx,VORG,BASE,GPOS,GSUB,GDEF \
        --name-IDs='0,1,2,3,4,5,6,13,14' --output-file="$work/$weight.otf"
    python3 - "$work/$weight.otf" "PickupSansSC-$weight.otf" "$weight" <<'PY'
import sys
from fontTools.ttLib import TTFont
source, target, weight = sys.argv[1:]
font = TTFont(source, recalcTimestamp=False)
names = {1: "Pickup Sans SC", 2: weight, 3: f"PickupSansSC-{weight}", 4: f"Pickup Sans SC {weight}", 6: f"PickupSansSC-{weight}"}
for record in list(font["name"].names):
    if record.nameID in (16, 17, 21, 22):
        font["name"].removeNames(nameID=record.nameID)
for number, text in names.items():
    font["name"].removeNames(nameID=number)
    font["name"].setName(text, number, 3, 1, 0x409)
cff = font["CFF "].cff
cff.fontNames = [f"PickupSansSC-{weight}"]
top = cff.topDictIndex[0]
top.FullName, top.FamilyName = names[4], names[1]
font.save(target)
PY
done
ls -l PickupSansSC-*.otf
