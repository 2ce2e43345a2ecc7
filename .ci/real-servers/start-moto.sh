#!/usr/bin/env bash
# Installs moto's server in a virtual environment (once) and starts it on a free port of 127.0.0.1; prints the
# endpoint. Needs Python 3.9 or later. moto keeps everything in memory and checks no signature.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=5.2.5
venv=$home/moto-$version

if [ ! -x "$venv/bin/moto_server" ]; then
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet "moto[server]==$version" >&2
fi

port=$(free_port)
# Its state machines call its own services at that port.
export MOTO_PORT=$port
launch moto "http://127.0.0.1:$port" "$venv/bin/moto_server" --host 127.0.0.1 --port "$port"
