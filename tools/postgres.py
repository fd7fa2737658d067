"""A PostgreSQL of our own, as `fleet.py` starts, stops and asks it.

It listens on a Unix socket only. PostgreSQL refuses to run as root: there, it runs as the system's user `postgres` or `nobody`,
and its cluster is in a temporary folder, since that user may not reach the caller's.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

# What `apt-get install` takes, and where Debian has the server's programs: not on the PATH.
PACKAGE = "postgresql"
DEBIAN = "/usr/lib/postgresql"
USER = "fleet"


def programs() -> Path:
    """The folder with `initdb` and `pg_ctl`."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    versions = sorted(Path(DEBIAN).glob("*/bin/pg_ctl"), key=lambda path: float(path.parent.parent.name))
    if not versions:
        raise RuntimeError(
            f"there is no PostgreSQL server on the PATH or below {DEBIAN}: install one, such as with `apt-get install {PACKAGE}`"
        )
    return versions[-1].parent


class Postgres:
    """A cluster in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.programs = programs()
        self.account = unprivileged() if os.geteuid() == 0 else None
        # The path of a socket has at most 107 bytes, which a folder below target/ may exceed.
        self.sockets = Path(tempfile.mkdtemp(prefix="idv-fleet-"))
        self.folder = self.sockets / "postgres" if self.account else folder
        self.cluster = self.folder / "cluster"

    @property
    def connection(self) -> str:
        """The connection string, which is Terraform's PG_CONN_STR too."""
        return f"postgres:///postgres?host={self.sockets}&user={USER}&sslmode=disable"

    def create(self) -> None:
        """Creates the cluster anew."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if self.account:
            for folder in (self.sockets, self.folder):
                os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        self._run("initdb", "-D", str(self.cluster), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def start(self) -> None:
        # What a machine loses when it loses power does not matter here; what a killed server loses is the same with fsync.
        options = f"-c listen_addresses='' -c fsync=off -c max_connections=200 -k {self.sockets}"
        self._run("pg_ctl", "-D", str(self.cluster), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stops it: `fast` ends the sessions, `immediate` is as a crash."""
        self._run("pg_ctl", "-D", str(self.cluster), "-w", "-m", mode, "stop")

    def ask(self, query: str) -> list[str]:
        """The first column of the rows of a query."""
        command = [self.programs / "psql", self.connection, "-X", "-A", "-t", "-c", query]
        finished = subprocess.run(command, capture_output=True, text=True, check=True)
        return finished.stdout.split("\n")[:-1]

    def remove(self) -> None:
        """Stops it if it runs, and removes what is outside of the caller's folder."""
        if (self.cluster / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        identity = {}
        if self.account:
            identity = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        command = [str(self.programs / program), *arguments]
        # The server inherits the streams and keeps them open: a pipe would never end.
        with tempfile.TemporaryFile("w+") as output:
            finished = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, check=False, **identity
            )
            if finished.returncode != 0:
                output.seek(0)
                raise RuntimeError(f"`{' '.join(command)}` failed: {output.read().strip()}")


def unprivileged() -> pwd.struct_passwd:
    """A user of the system that is not root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`: run this as another user")
