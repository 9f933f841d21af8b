#!/bin/bash
# Writes website.tar.xz, the files of the study's tasks. The result is the same each time.
set -euo pipefail
cd "$(dirname "$0")"
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT

write() { # NAME BYTES TIME
  mkdir -p "$site/$(dirname "$1")"
  # `head` closes the pipe, which ends `yes` with an error.
  { echo "# $1"; yes "Text of $1." || true; } | head -c "$2" >"$site/$1"
  touch -d "$3 UTC" "$site/$1"
}

write index.html 700 '2016-02-01 08:00'
write about/team.html 450 '2016-02-02 08:00'
write content/lectures.html 900 '2016-02-03 08:00'
write css/app.css 300 '2016-01-10 08:36'
write css/fonts/icons.css 200 '2016-01-10 08:37'
write content/syllabus.md 2400 '2016-02-20 09:00'
write content/welcome.md 310 '2016-02-20 09:05'
write content/archive.md 24000 '2015-09-01 12:00'
write content/labs/1.md 1800 '2016-03-01 10:20'
write content/labs/2.md 640 '2016-03-08 10:15'
write content/labs/3.md 12500 '2016-03-15 10:45'
write content/drafts/plan.md 120 '2016-02-25 09:00'
write content/review/notes.md 240 '2016-02-26 09:00'
mkdir -p "$site/content/drafts/2014" "$site/content/review/2012"
chmod 755 "$site"
find "$site" -type d -exec touch -d '2016-03-20 00:00 UTC' {} +
tar --sort=name --owner=0 --group=0 --numeric-owner --format=pax --pax-option=delete=atime,delete=ctime -C "$site" -cf - . | xz -9e >website.tar.xz
