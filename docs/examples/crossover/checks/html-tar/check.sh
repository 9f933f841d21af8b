#!/bin/bash
# Passes if website/html.tar has exactly the .html files of the website, with their content. Its last line is the result as JSON.
cd ~/website || exit 2

wanted=$(find . -type f -name '*.html' | sort)
[ -f html.tar ] || {
  echo '{"matched": 0, "missing": 1, "extra": 0, "incorrect": 0, "detail": [{"path": "html.tar", "status": "missing"}]}'
  exit 1
}

unpacked=$(mktemp -d)
tar -xf html.tar -C "$unpacked" 2>/dev/null
found=$(cd "$unpacked" && find . -type f | sort)

matched=0 incorrect=0
while IFS= read -r name; do
  [ -f "$unpacked/$name" ] || continue
  if cmp -s "$name" "$unpacked/$name"; then matched=$((matched + 1)); else incorrect=$((incorrect + 1)); fi
done <<<"$wanted"
missing=$(comm -23 <(echo "$wanted") <(echo "$found") | grep -c .)
extra=$(comm -13 <(echo "$wanted") <(echo "$found") | grep -c .)

printf '{"matched": %d, "missing": %d, "extra": %d, "incorrect": %d}\n' "$matched" "$missing" "$extra" "$incorrect"
[ "$missing$extra$incorrect" = 000 ]
