#!/bin/sh
# Draws the bitmaps that the bundle needs from changeover.svg. Needs rsvg-convert (librsvg2-bin).
set -eu
cd "$(dirname "$0")"
draw() { rsvg-convert -w "$1" -h "$1" changeover.svg -o "$2"; }
for size in 16 24 32 48 64; do draw "$size" "${size}x$size.png"; done
draw 128 128x128.png
draw 256 128x128@2x.png
draw 512 icon.png
