#!/usr/bin/env bash
# Runs a command against moto's AWS server: scripts/with-moto.sh COMMAND…
# Endpoints that AWS_ENDPOINT_URL_{DYNAMODB,KMS,S3,FIREHOSE} name already are used as they are, and moto is left alone.
# Where moto cannot be installed or started it prints `skipped: …` and exits 0. Needs Python 3.9 or later on the path; never needed by `npm test`.
set -u
moto_version=5.2.5

if [ $# -eq 0 ]; then
  echo 'usage: scripts/with-moto.sh COMMAND…' >&2
  exit 2
fi
if [ -n "${AWS_ENDPOINT_URL_DYNAMODB:-}${AWS_ENDPOINT_URL_KMS:-}${AWS_ENDPOINT_URL_S3:-}${AWS_ENDPOINT_URL_FIREHOSE:-}" ]; then
  exec "$@"
fi

skip() {
  echo "skipped: AWS adapters: $1"
  exit 0
}

command -v python3 >/dev/null || skip 'python3 is not on the path, so moto cannot be installed'
venv="${XDG_CACHE_HOME:-${HOME:-${TMPDIR:-/tmp}}/.cache}/security-plane/moto-$moto_version"
log=$(mktemp)
server=
cleanup() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
  fi
  rm -f "$log"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

if [ ! -e "$venv/.complete" ]; then
  echo "installing moto $moto_version into $venv"
  python3 -m venv "$venv" >"$log" 2>&1 || { tail -n 3 "$log"; skip 'no Python virtual environment can be made'; }
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 20 --retries 2 "moto[server]==$moto_version" >"$log" 2>&1 ||
    { tail -n 3 "$log"; skip "moto $moto_version cannot be installed"; }
  touch "$venv/.complete"
fi

port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$venv/bin/moto_server" -H 127.0.0.1 -p "$port" >"$log" 2>&1 &
server=$!
answers() {
  "$venv/bin/python" -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/moto-api/', timeout=2)" 2>/dev/null
}
tries=0
until answers; do
  tries=$((tries + 1))
  if [ $tries -ge 60 ] || ! kill -0 "$server" 2>/dev/null; then
    tail -n 5 "$log"
    skip "moto's server does not start"
  fi
  sleep 0.5
done

export AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:$port" AWS_ENDPOINT_URL_KMS="http://127.0.0.1:$port"
export AWS_ENDPOINT_URL_S3="http://127.0.0.1:$port" AWS_ENDPOINT_URL_FIREHOSE="http://127.0.0.1:$port"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true AWS_ENDPOINT_IS_MOTO=1
unset AWS_PROFILE AWS_SESSION_TOKEN
echo "moto $moto_version listens on 127.0.0.1:$port"
"$@"
