# shellcheck shell=bash
# What the scripts of bin/ share: how they speak, where things lie, how a step is run. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
HOME=${HOME:-$(getent passwd "$EUID" | cut -d: -f6)}
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/atlas9
LOGS=.local/log
SERVICES_ENV=.local/services.env
PYTHON_CLIENT=$CACHE/tools/python
# shellcheck source=bin/versions.sh
. bin/versions.sh

# ── Speaking ────────────────────────────────────────────────────────────────────────────────────────────────────

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' red='' plain=''
fi
SENTENCE_SAID=70 # how a script ends that has already told the reader why

say() { printf '%s\n' "$*"; }
heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Ends the script with one clear sentence.
die() {
  printf '%s✗ %s%s\n' "$red" "$*" "$plain" >&2
  exit "$SENTENCE_SAID"
}

# Microseconds since 1970. The decimal sign of EPOCHREALTIME depends on the locale.
now() { local time=$EPOCHREALTIME && printf '%s' "${time//[!0-9]/}"; }

# took START: the time since `now` gave START, as "1.2 s" or "3 min 4 s".
took() {
  local ms=$((($(now) - $1) / 1000))
  if ((ms < 60000)); then
    printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
  else
    printf '%d min %d s' $((ms / 60000)) $((ms % 60000 / 1000))
  fi
}

# step TEXT COMMAND…: says what is being done and how long it took. The command's own words go to a log, whose end is
# shown when the command fails. Not for use in a condition: bash would then go on after a failure inside COMMAND.
step() {
  local text=$1 log began code
  shift
  log=$LOGS/$(slug "$text").log
  make_local
  rm -f "$log"
  printf '▸ %s … ' "$text"
  began=$(now)
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  code=$?
  set -e
  say "$dim$(took "$began")$plain"
  ((code == 0)) || explain "$text" "$log" "$code"
}

# A log that ends in the sentence of `die` needs no other words.
explain() {
  local text=$1 log=$2 code=$3
  if ((code == SENTENCE_SAID)); then
    tail -n 1 "$log" >&2
    exit "$code"
  fi
  tail -n 30 "$log" | sed 's/^/    /' >&2
  die "This failed: $text. The whole log is $log."
}

slug() { printf '%s' "$1" | tr -cs '[:alnum:].' '-' | tr '[:upper:]' '[:lower:]' | sed 's/^-*//; s/-*$//' | cut -c1-60; }

# ── Places ──────────────────────────────────────────────────────────────────────────────────────────────────────

# Everything that one clone keeps for itself: data, logs, addresses, secret.
make_local() {
  mkdir -p "$LOGS" 2>/dev/null || true
  [[ -w $LOGS ]] ||
    die "This user may not write to $ROOT/.local: run as the user that owns it, or remove it."
}

# Tools first where this project pins them, and one build folder for all clones of one user.
use_toolchain() {
  PATH=$ROOT/node_modules/.bin:$CACHE/tools/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
  local postgres
  postgres=$(postgres_bin) && PATH=$postgres:$PATH
  export PATH
  # Queries are checked against the committed .sqlx, so that no build needs a database.
  export SQLX_OFFLINE=true CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never
  use_build_folder
}

# A real `target` directory is somebody's choice and stays; otherwise `target` links to the folder in the cache.
use_build_folder() {
  CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
  [[ ! -d target || -L target ]] || CARGO_TARGET_DIR=$ROOT/target
  mkdir -p "$CARGO_TARGET_DIR" || die "The build folder $CARGO_TARGET_DIR cannot be made; CARGO_TARGET_DIR chooses another."
  CARGO_TARGET_DIR=$(cd "$CARGO_TARGET_DIR" && pwd -P)
  export CARGO_TARGET_DIR
  if [[ -L target || ! -e target ]]; then ln -sfn "$CARGO_TARGET_DIR" target; fi
}

# The newest PostgreSQL server programs: Debian keeps them out of PATH.
postgres_bin() {
  local found
  found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [[ -x $found ]] || found=$(type -P initdb) || return 1
  dirname "$found"
}

# The system's Chromium; ATLAS9_CHROMIUM chooses another.
find_chromium() { type -P "${ATLAS9_CHROMIUM:-chromium}" || type -P chromium-browser || type -P google-chrome; }

# ── Small tools ─────────────────────────────────────────────────────────────────────────────────────────────────

has() { type -P "$1" >/dev/null; }

may_be_root() { ((EUID == 0)) || sudo -n true 2>/dev/null; }

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# listens HOST PORT: does anything accept connections there?
# shellcheck disable=SC2016
listens() { timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; }

# A port that nothing listens on, below the range from which the system picks ports for outgoing connections.
free_port() {
  local port
  for _ in {1..50}; do
    port=$((20000 + RANDOM % 10000))
    listens 127.0.0.1 "$port" || { printf '%s' "$port" && return; }
  done
  die "No free port was found between 20000 and 29999."
}

# The address that bin/services wrote down for DATABASE_URL or REDIS_URL, if any.
recorded_service() { [[ ! -e $SERVICES_ENV ]] || sed -n "s/^export $1=//p" "$SERVICES_ENV"; }

# Exports DATABASE_URL and REDIS_URL; what the environment already says wins.
load_services() {
  DATABASE_URL=${DATABASE_URL:-$(recorded_service DATABASE_URL)}
  REDIS_URL=${REDIS_URL:-$(recorded_service REDIS_URL)}
  export DATABASE_URL REDIS_URL
}

# Signs sessions. Made once for each clone, so that a restart logs nobody out.
load_secret() {
  make_local
  if [[ -z ${ATLAS9_SECRET:-} ]]; then
    [[ -s .local/secret ]] || (umask 077 && head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' >.local/secret)
    ATLAS9_SECRET=$(<.local/secret)
  fi
  export ATLAS9_SECRET
}

# ── Scratch databases ───────────────────────────────────────────────────────────────────────────────────────────

# sql DATABASE ARGUMENT…: psql without the reader's own settings, ending at the first error.
sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "$(database_url "$1")" "${@:2}"; }

# DATABASE_URL with another database's name, its options kept.
database_url() {
  local base=${DATABASE_URL%%\?*}
  printf '%s/%s%s' "${base%/*}" "$1" "${DATABASE_URL#"$base"}"
}

create_database() { drop_database "$1" && sql postgres --command "CREATE DATABASE $1"; }
drop_database() { sql postgres --command "SET client_min_messages = warning" --command "DROP DATABASE IF EXISTS $1 WITH (FORCE)"; }
