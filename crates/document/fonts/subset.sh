#!/bin/sh
# Makes the four font files of this directory again. They are committed, so a build never runs this.
# Needs npm, and pyftsubset (PyPI fonttools 4.68).
#
# Tinos (OFL 1.1, no reserved font name) has the widths of Times New Roman, the font the decree asks for, so a
# line breaks in the PDF where it breaks in Word.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent @expo-google-fonts/tinos@0.4.2 >/dev/null
tar xf expo-google-fonts-tinos-0.4.2.tgz

# Latin, Latin-1, Extended-A, the Vietnamese letters and marks, Extended Additional, punctuation, đồng and euro,
# arrows and comparison signs met in reports, and the white square that stands in for a letter we cannot draw.
letters="U+0020-007E,U+00A0-017F,U+0192,U+01A0-01A1,U+01AF-01B0,U+0300-0304,U+0306-0309,U+030A-030C,U+031B,U+0323,\
U+0391-03A9,U+03B1-03C9,U+1E00-1EFF,U+2002-200A,U+200B,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,\
U+2032-2033,U+2039-203A,U+2044,U+2070-208E,U+20AB,U+20AC,U+2113,U+2116,U+2122,U+2150-215E,U+2190-2195,\
U+2212,U+2215,U+2219-221A,U+2248,U+2260,U+2264-2265,U+25A0-25A1,U+25AA-25AB,U+25CF,U+25CB"

for style in 400Regular:Regular 400Regular_Italic:Italic 700Bold:Bold 700Bold_Italic:BoldItalic; do
    from=${style%%:*}
    pyftsubset "package/$from/Tinos_$from.ttf" --unicodes="$letters" --no-hinting --desubroutinize \
        --layout-features=kern,liga,mark,mkmk,ccmp,locl --name-IDs='*' --output-file="$here/Tinos-${style##*:}.ttf"
done
cp package/LICENSE_FONT "$here/OFL.txt"
