#!/usr/bin/python3
"""Lays out the roots of the images: image_root.py TARGET BIN_FOLDER. Each is a folder with one program, the libraries it
loads, time zones, certificates, an account that may do nothing, the licences of what it holds and an SBOM (SPDX 2.3). No
shell, no package manager. (The gateway's has a shell, since nginx's configuration is rendered at start.) Runs on Debian.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

UID = 65532
SOURCE = pathlib.Path(__file__).resolve().parents[1]
SERVICES = ["user-service", "task-service", "notification-service"]
PROGRAMS = [*SERVICES, "cumulo"]
GATEWAY_TOOLS = ["/usr/sbin/nginx", "/usr/bin/bash", "/usr/bin/getent", "/usr/bin/mkdir", "/usr/bin/rm", "/usr/bin/sleep", "/usr/bin/openssl"]
#: Read by glibc when names are looked up, by OpenSSL, and by the time-zone library.
COMMON = ["/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo", "/etc/debian_version", "/usr/lib/os-release"]


def libraries(program: pathlib.Path) -> set:
    """The shared objects that the loader takes, and the loader."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    if "not found" in done.stdout:
        raise SystemExit(f"{program}: {done.stdout}")
    return set(re.findall(r"(/\S+)", re.sub(r"^.*\(0x.*\)$", lambda m: m.group(0).split("(")[0], done.stdout, flags=re.MULTILINE)))


class Root:
    def __init__(self, folder: pathlib.Path, name: str):
        self.folder, self.name = folder, name
        self.origins: set = set()  # real paths on this machine, for the SBOM
        for each in ("etc", "tmp", "usr/bin", "usr/lib", "run"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        # Debian's merged /usr: what is linked to /lib64/ld-linux… must be there by that name.
        for link, target in (("bin", "usr/bin"), ("sbin", "usr/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")):
            (folder / link).symlink_to(target)
        (folder / "usr/lib64").mkdir()
        (folder / "usr/sbin").symlink_to("bin")
        (folder / "tmp").chmod(0o1777)
        (folder / "etc/passwd").write_text(f"root:x:0:0:root:/:/sbin/nologin\ncumulo:x:{UID}:{UID}:cumulo:/:/sbin/nologin\n")
        (folder / "etc/group").write_text(f"root:x:0:\ncumulo:x:{UID}:\n")
        (folder / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
        for each in COMMON:
            self.copy(each)
        (folder / "etc/os-release").symlink_to("../usr/lib/os-release")

    def copy(self, path, to=None):
        source = pathlib.Path(path)
        # One spelling of merged paths; symbolic links become what they point at.
        target = self.folder / (to or re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", str(path))).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
            self.origins |= {each.resolve() for each in source.rglob("*") if each.is_file()}
        else:
            shutil.copy(source.resolve(), target)
            self.origins.add(source.resolve())

    def program(self, path, to=None):
        self.copy(path, to)
        for each in libraries(pathlib.Path(path)):
            self.copy(each)

    def finish(self):
        packages = self._packages()
        for package in packages:
            licence = pathlib.Path("/usr/share/doc") / package / "copyright"
            if licence.exists():
                self.copy(licence)
        self.copy(SOURCE / "LICENSE", f"/usr/share/doc/{self.name}/copyright")
        target = self.folder / "usr/share/doc" / self.name / "sbom.spdx.json"
        target.write_text(json.dumps(self._sbom(packages), indent=1))

    def _packages(self) -> dict:
        """name → version of Debian packages that own what was copied."""
        names = set()
        candidates = sorted({spelling for each in self.origins for spelling in
                             (str(each), re.sub(r"^/usr/(lib|bin|sbin)", r"/\1", str(each)))})
        for start in range(0, len(candidates), 500):
            done = subprocess.run(["dpkg-query", "-S", *candidates[start:start + 500]], capture_output=True, text=True, check=False)
            names |= {name.split(":")[0].strip() for line in done.stdout.splitlines() if not line.startswith("diversion")
                      for name in line.split(": /")[0].split(",")}
        shown = subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\n", *sorted(names)],
                               capture_output=True, text=True, check=True).stdout
        return {name: (version, architecture) for name, version, architecture in (line.split("\t") for line in shown.splitlines())}

    def _sbom(self, packages: dict) -> dict:
        moment = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or
                                                 (SOURCE / "CMakeLists.txt").stat().st_mtime, datetime.UTC)
        version = re.search(r"project\(cumulo VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)

        def described(name, version, reference=None):
            return {"SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "name": name, "versionInfo": version,
                    "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                    **({"externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                          "referenceLocator": reference}]} if reference else {})}

        all_of_it = [described(self.name, version)] + [
            described(name, v, f"pkg:deb/debian/{name}@{v}?arch={arch}") for name, (v, arch) in sorted(packages.items())]
        unique = hashlib.sha256(json.dumps(all_of_it).encode()).hexdigest()[:32]
        return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": self.name,
                "documentNamespace": f"https://cumulo.dev/sbom/{self.name}-{version}-{unique}",
                "creationInfo": {"created": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: tools/image_root.py"]},
                "packages": all_of_it,
                "relationships": [{"spdxElementId": all_of_it[0]["SPDXID"], "relationshipType": "DEPENDS_ON",
                                   "relatedSpdxElement": each["SPDXID"]} for each in all_of_it[1:]]}


def main():
    target, binaries = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    # What images copy as the folder that their user may write to: ownership is given by the copy.
    (target / "empty").mkdir(parents=True)
    for name in PROGRAMS:
        root = Root(target / name, name)
        root.program(binaries / name, f"/usr/bin/{name}")
        subprocess.run(["strip", root.folder / "usr/bin" / name], check=True)
        root.finish()
    gateway = Root(target / "api-gateway", "api-gateway")
    for each in GATEWAY_TOOLS:
        gateway.program(each)
    (gateway.folder / "usr/bin/sh").symlink_to("bash")
    gateway.copy("/etc/nginx/mime.types")
    gateway.copy("/etc/ssl/openssl.cnf")
    for each in sorted((SOURCE / "api-gateway").iterdir()):
        if each.name == "gateway" or each.suffix in (".conf", ".template"):
            gateway.copy(each, f"/usr/share/cumulo/gateway/{each.name}")
    gateway.copy(SOURCE / "build" / "page", "/usr/share/cumulo/web")
    gateway.folder.joinpath("var/log/nginx").mkdir(parents=True)
    gateway.finish()


if __name__ == "__main__":
    main()
