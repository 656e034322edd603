#!/usr/bin/env bash
# bench/compose.sh PROGRAM: how long the composer takes for all five stages of a few directives, and how much memory; medians of seven runs each.
set -euo pipefail
program=$1
runs=7
directives=(
  "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading"
  "Help beekeepers log hive inspections, even offline"
  "A booking site for yoga studios with waitlists, reminders and gift vouchers"
)

measured=$(mktemp)
trap 'rm -f "$measured"' EXIT

median() { sort -n | sed -n "$(((runs + 1) / 2))p"; }

printf '%-64s %12s %14s\n' 'composer, all five stages, the whole process' 'target' 'figure'
for directive in "${directives[@]}"; do
  times='' sizes=''
  for _ in $(seq $runs); do
    # Into a file: what the program says on stderr would stand beside it.
    /usr/bin/time -f '%M' -o "$measured" "$program" compose --stage all --json "$directive" >/dev/null 2>&1
    began=$(date +%s%N)
    "$program" compose --stage all --json "$directive" >/dev/null 2>&1
    times+="$((($(date +%s%N) - began) / 1000000))"$'\n'
    sizes+="$(<"$measured")"$'\n'
  done
  printf '%-64s %12s %11s ms\n' "${directive:0:62}" '< 150 ms' "$(median <<<"${times%$'\n'}")"
  printf '%-64s %12s %11s MB\n' '  memory at its highest' '< 64 MB' "$(($(median <<<"${sizes%$'\n'}") / 1024))"
done
