"""What base images and images of others bring, here by the servers that all tests have."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tests import postgresql
from tests.containers import rooms
from tests.containers.rooms import OWN_PROGRAMS, Room
from tooling import valkey
from tooling.places import tool

# As the image of PostgreSQL begins, in an empty data folder and after. Others come from 127.0.0.1
# here, which that image trusts: so whoever comes by the network is asked.
_BEGIN_POSTGRESQL = """
set -e
data=/var/lib/postgresql/data
if [ "$(id -u)" = 0 ]; then
    chown postgres $data /var/run/postgresql
    exec setpriv --pdeathsig=keep --reuid=postgres --regid=postgres --clear-groups "$0"
fi
if [ ! -s $data/PG_VERSION ]; then
    initdb -D $data -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \\
        --auth-local=trust --auth-host=scram-sha-256 --no-locale -E UTF8
    echo 'host all all all scram-sha-256' >>$data/pg_hba.conf
    pg_ctl -D $data -o "-c listen_addresses= -k $PGHOST" -w start
    createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
    for file in /docker-entrypoint-initdb.d/*.sql; do
        psql -X -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$file"
    done
    pg_ctl -D $data -m fast stop
fi
exec postgres -D $data -k "$PGHOST" -c 'listen_addresses=*'
"""
_ASK_VALKEY = """
exec python - "$@" <<'END'
import os, socket, sys
with socket.create_connection(("127.0.0.1", 6379)) as server:
    said = f"AUTH {os.environ['REDISCLI_AUTH']}\\r\\n{sys.argv[1]}\\r\\nQUIT\\r\\n"
    server.sendall(said.encode())
    print(server.makefile().read())
END
"""


def add_postgresql(room: Room) -> Room:
    """Add PostgreSQL's programs, which then lie where its client's are looked for: on PATH."""
    programs = postgresql.installed_programs()
    if not programs.is_relative_to("/usr"):
        programs = _copied(room, programs)
    for path in programs.iterdir():
        # They find what belongs to them by where they lie.
        inside = Path("/", path.relative_to(room.root)) if path.is_relative_to(room.root) else path
        rooms.add_program(room.root, path.name, f'exec {inside} "$@"')
    return room


def _copied(room: Room, programs: Path) -> Path:
    package = programs.parent.parent
    to = room.root / "opt" / "base" / "postgresql"
    shutil.copytree(package / "pginstall", to / package.name / "pginstall", symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name)
    rooms.as_root("chmod", "-R", "a+rX", str(to))
    return to / package.name / "pginstall" / "bin"


def postgresql_server(room: Room) -> tuple[Room, list[str]]:
    """An image of PostgreSQL: the room, and the command that it begins by itself."""
    add_postgresql(room)
    _add_user(room, "postgres", 999)
    rooms.add_program(room.root, "begin-postgresql", _BEGIN_POSTGRESQL)
    environment = dict(room.environment) | {"PGHOST": "/var/run/postgresql"}
    return replace(room, environment=environment), [f"{OWN_PROGRAMS}/begin-postgresql"]


def valkey_server(room: Room) -> tuple[Room, list[str]]:
    """An image of Valkey, whose command ours replaces; `valkey-cli` says one word to it."""
    shutil.copyfile(valkey.server_program(), program := room.root / "opt/base/bin/valkey-server")
    program.chmod(0o755)
    rooms.add_program(room.root, "valkey-cli", _ASK_VALKEY)
    _add_user(room, "valkey", 998)
    (room.root / "data").mkdir()
    rooms.as_root("chown", "998:998", str(room.root / "data"))
    return replace(room, folder="/data"), []


def caddy(room: Room) -> tuple[Room, list[str]]:
    """An image of Caddy, with the places that it gives it for what it keeps."""
    shutil.copyfile(tool("caddy"), program := room.root / "opt/base/bin/caddy")
    program.chmod(0o755)
    places = {"XDG_CONFIG_HOME": "/config", "XDG_DATA_HOME": "/data"}
    environment = dict(room.environment) | places
    command = "caddy run --config /etc/caddy/Caddyfile --adapter caddyfile"
    return replace(room, environment=environment), command.split()


def _add_user(room: Room, name: str, number: int) -> None:
    for file, line in {
        "passwd": f"{name}:x:{number}:{number}::/:/bin/sh\n",
        "group": f"{name}:x:{number}:\n",
    }.items():
        path = room.root / "etc" / file
        others = [one for one in path.read_text().splitlines(True) if f":{number}:" not in one]
        others = [one for one in others if not one.startswith(f"{name}:")]
        path.write_text("".join(others) + line)
