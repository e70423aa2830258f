"""A PostgreSQL server of the test's own."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from .files import copy_database
from .places import POSTGRES_BIN, free_port


class Postgres:
    """One cluster in a temporary folder. `stop("immediate")` is a crash; `start()` recovers from it."""

    def __init__(self, copy_of: pathlib.Path | None = None):
        """`copy_of`: the data folder of a stopped cluster like this; its databases are handed out first."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-pg-", dir="/tmp"))
        self.port = free_port()
        self._databases = 0
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        if copy_of:
            copy_database(copy_of, self.folder / "data")
            if os.geteuid() == 0:
                subprocess.run(["chown", "-R", "postgres:postgres", str(self.folder / "data")], check=True)
        else:
            self.run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "--locale=C",
                      "--encoding=UTF8", "--no-sync")
        self.start()
        self._kept = [name for (name,) in self.query(self.url("postgres"), "SELECT datname FROM pg_database")] if copy_of else []

    def run(self, program, *arguments):
        """One of PostgreSQL's own programs, as the user that the server runs as."""
        command = [str(POSTGRES_BIN / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd="/tmp")

    def start(self):
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-m", mode, "stop")

    def pause(self):
        """Stops every process of the server without a word to its clients."""
        self._signal_all(signal.SIGSTOP)

    def resume(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        leader = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(leader)], capture_output=True, text=True)
        for pid in [leader, *map(int, children.stdout.split())]:
            os.kill(pid, number)

    def url(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def fresh_database(self) -> str:
        """Makes an empty database and returns its URL."""
        self._databases += 1
        name = f"cumulo_{self._databases}"
        if name not in self._kept:
            self.run("createdb", "-h", self.folder, "-p", self.port, "-U", "postgres", name)
        return self.url(name)

    def query(self, url: str, sql: str) -> list:
        import psycopg2

        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def close(self):
        try:
            self.stop("immediate")
        except subprocess.CalledProcessError:
            time.sleep(0.1)  # already down
        shutil.rmtree(self.folder, ignore_errors=True)
