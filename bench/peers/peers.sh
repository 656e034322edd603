#!/usr/bin/env bash
# Pages like ours, made with other frameworks, to be measured beside ours.
# bench/peers/peers.sh build DIR: installs and builds all of them in DIR, which lies outside the clone; at once when nothing changed.
# bench/peers/peers.sh serve NAME DIR PORT: becomes the server of nextjs, sveltekit or fastapi, on 127.0.0.1:PORT. DATABASE_URL is the database it
# reads, and OWNER the id of the user whose projects it lists.
set -euo pipefail
export NODE_ENV=production NEXT_TELEMETRY_DISABLED=1

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
names=(nextjs sveltekit fastapi)

main() {
  case ${1:-}/$# in
    build/2) for name in "${names[@]}"; do build "$name" "$2/$name"; done ;;
    serve/4) serve "$2" "$3/$2" "$4" ;;
    *) die "Usage: bench/peers/peers.sh build DIR | serve nextjs|sveltekit|fastapi DIR PORT" ;;
  esac
}

build() {
  local name=$1 dir=$2 stamp
  stamp=$(stamp "$name")
  [[ $(cat "$dir/.stamp" 2>/dev/null) != "$stamp" ]] || return 0
  rm -rf "$dir"
  mkdir -p "$dir"
  cp -R "$sources/$name/." "$dir"
  (cd "$dir" && "build_with_$(tool "$name")")
  printf '%s\n' "$stamp" >"$dir/.stamp"
}

# Of everything that a build hangs on: a folder with the same one need not be built again.
stamp() {
  local tool
  tool=$(tool "$1")
  {
    "$tool" --version
    declare -f "build_with_$tool"
    cd "$sources/$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum
  } | sha256sum
}

tool() { if [[ $1 == fastapi ]]; then echo python3; else echo node; fi; }

build_with_node() {
  # What builds is none of what serves, and npm would leave it out in production.
  npm ci --loglevel=error --include=dev
  npm run --silent build
}

build_with_python3() {
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
}

serve() {
  local name=$1 dir=$2 port=$3
  : "${DATABASE_URL:?}" "${OWNER:?}"
  [[ -f $dir/.stamp ]] || die "$name is not built: run bench/peers/peers.sh build."
  cd "$dir"
  export HOST=127.0.0.1 PORT=$port
  case $name in
    # As `npm start` would, but without npm in between, which hands no signals on.
    nextjs) exec node node_modules/next/dist/bin/next start --hostname "$HOST" ;;
    sveltekit) exec node build ;;
    fastapi)
      exec .venv/bin/uvicorn main:app --host "$HOST" --port "$PORT" --workers 1 --loop uvloop --http httptools \
        --no-access-log --log-level warning
      ;;
  esac
}

die() {
  printf '✗ %s\n' "$*" >&2
  exit 1
}

main "$@"
