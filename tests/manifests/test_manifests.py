"""The manifests keep Pod Security `restricted`, and what they name exists. Overlays are rendered where kustomize or kubectl
is at hand."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from harness.places import BIN, ROOT

KUBERNETES = ROOT / "kubernetes"
OVERLAYS = [KUBERNETES, *sorted(path.parent for path in (ROOT / "deploy" / "kubernetes").glob("*/kustomization.yaml"))]
RENDERER = [shutil.which("kustomize"), "build"] if shutil.which("kustomize") else [shutil.which("kubectl"), "kustomize"]
SERVICES = {"user-deployment.yaml": 8080, "task-deployment.yaml": 8081, "notification-deployment.yaml": 8082, "gateway-deployment.yaml": 8000}


def documents(path: pathlib.Path) -> list:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def rendered(folder: pathlib.Path) -> list:
    if not RENDERER[0]:
        pytest.skip("neither kustomize nor kubectl is installed")
    done = subprocess.run([*RENDERER, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def pods(objects: list) -> list:
    """(name, pod spec, labels) of everything that makes pods."""
    return [(o["metadata"]["name"], o["spec"]["template"]["spec"], o["spec"]["template"]["metadata"]["labels"])
            for o in objects if o["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job")]


def environment(objects: list, container: dict) -> dict:
    """What a container is told, as far as it stands in the manifests; secrets are "x"."""
    maps = {o["metadata"]["name"]: o["data"] for o in objects if o["kind"] == "ConfigMap"}
    told = {}
    for each in container.get("envFrom", []):
        told |= maps.get(each["configMapRef"]["name"], {})
    for each in container.get("env", []):
        source = each.get("valueFrom", {})
        if "configMapKeyRef" in source:
            found = maps.get(source["configMapKeyRef"]["name"], {}).get(source["configMapKeyRef"]["key"])
            told |= {each["name"]: found} if found is not None else {}
        else:
            told[each["name"]] = each.get("value", "x")
    return told


def check_known(name: str, told: dict):
    """A program starts with nothing that it does not know."""
    done = subprocess.run([BIN / name, "--print-config"], env=told, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, f"{name}: {done.stderr}"


def check_restricted(name, spec):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/, profile restricted."""
    pod = spec.get("securityContext", {})
    assert not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")), name
    assert pod["runAsNonRoot"] is True and pod["runAsUser"] != 0 and pod["seccompProfile"]["type"] == "RuntimeDefault", name
    for container in spec["containers"] + spec.get("initContainers", []):
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False and own["capabilities"] == {"drop": ["ALL"]}, name
        assert own["readOnlyRootFilesystem"] is True and not own.get("privileged"), name
        assert not any("hostPort" in port for port in container.get("ports", [])), name
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"], name
    allowed = {"configMap", "emptyDir", "projected", "secret", "downwardAPI", "persistentVolumeClaim", "ephemeral", "csi"}
    for volume in spec.get("volumes", []):
        assert set(volume) - {"name"} <= allowed, f"{name}: {volume}"


def check_names(objects):
    """Services, budgets and policies select pods that are there; ports by name exist; mounts have volumes."""
    labels = [set(each.items()) for _, _, each in pods(objects)]
    for o in objects:
        selector = {"Service": lambda s: s.get("selector"), "PodDisruptionBudget": lambda s: s["selector"]["matchLabels"],
                    "NetworkPolicy": lambda s: s["podSelector"].get("matchLabels")}.get(o["kind"], lambda s: None)(o.get("spec", {}))
        assert not selector or any(set(selector.items()) <= each for each in labels), o["metadata"]["name"]
        if o["kind"] == "Service":
            ports = {p["name"] for _, spec, each in pods(objects) if set(selector.items()) <= set(each.items())
                     for c in spec["containers"] for p in c["ports"]}
            assert {p["targetPort"] for p in o["spec"]["ports"]} <= ports
        if o["kind"] == "HorizontalPodAutoscaler":
            assert o["spec"]["scaleTargetRef"]["name"] in {name for name, _, _ in pods(objects)}
    for name, spec, _ in pods(objects):
        volumes = {each["name"] for each in spec.get("volumes", [])}
        claims = {c["metadata"]["name"] for o in objects if o["kind"] == "StatefulSet" for c in o["spec"].get("volumeClaimTemplates", [])}
        for container in spec["containers"]:
            assert {m["name"] for m in container.get("volumeMounts", [])} <= volumes | claims, name
            ports = {p["name"] for p in container["ports"]}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if "httpGet" in container.get(probe, {}):
                    assert container[probe]["httpGet"]["port"] in ports, name


@pytest.mark.parametrize("file,port", SERVICES.items())
def test_each_file_stands_alone(file, port):
    objects = documents(KUBERNETES / file)
    assert {"ServiceAccount", "Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"} == {o["kind"] for o in objects}
    check_names(objects)
    for name, spec, _ in pods(objects):
        check_restricted(name, spec)
        container = spec["containers"][0]
        assert port in {p["containerPort"] for p in container["ports"]}
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
        for needed in container.get("envFrom", []):
            assert needed["configMapRef"]["optional"] is True
        for variable in container["env"]:
            assert "value" in variable or next(iter(variable["valueFrom"].values()))["optional"] is True
        assert spec["terminationGracePeriodSeconds"] >= 45


@pytest.mark.parametrize("folder", OVERLAYS, ids=lambda folder: folder.name)
def test_rendered(folder):
    objects = rendered(folder)
    identities = [(o["apiVersion"], o["kind"], o["metadata"]["name"]) for o in objects]
    assert len(identities) == len(set(identities))
    check_names(objects)
    for name, spec, _ in pods(objects):
        check_restricted(name, spec)
        if name.endswith("-service"):
            check_known(name, environment(objects, spec["containers"][0]))
    names = {o["metadata"]["name"]: o for o in objects if o["kind"] == "Namespace"}
    assert names["cumulo"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    if folder != KUBERNETES:
        assert all(o["spec"]["replicas"] == 3 for o in objects if o["kind"] in ("Deployment", "StatefulSet"))
        text = yaml.dump_all(objects)
        assert "for-trying-out" not in text, "no public password in production"


class TestProduction:
    """What the overlay for production must say so that its parts find one another."""

    @pytest.fixture(scope="class")
    def objects(self):
        return rendered(ROOT / "deploy" / "kubernetes" / "production")

    def only(self, objects, kind, name):
        """Kustomize adds ten characters to what it generates."""
        found = [o for o in objects if o["kind"] == kind and re.fullmatch(name + "(-[a-z0-9]{10})?", o["metadata"]["name"])]
        assert len(found) == 1, [o["metadata"]["name"] for o in found]
        return found[0]

    def test_an_event_is_on_every_server_of_the_bus(self, objects):
        settings = self.only(objects, "ConfigMap", "cumulo")["data"]
        assert settings["CUMULO_BUS_REPLICAS"] == str(self.only(objects, "StatefulSet", "nats")["spec"]["replicas"])
        assert "sync_interval: always" in self.only(objects, "ConfigMap", "nats")["data"]["nats.conf"]
        assert settings["CUMULO_BUS_SYNC_ALWAYS"] == "true", "or each service says that it does not know"
        assert self.only(objects, "PodDisruptionBudget", "nats")["spec"]["maxUnavailable"] == 1

    def test_the_stream_fits_on_its_volume(self, objects):
        store = re.search(r"max_file_store: (\d+)G", self.only(objects, "ConfigMap", "nats")["data"]["nats.conf"]).group(1)
        claims = self.only(objects, "StatefulSet", "nats")["spec"]["volumeClaimTemplates"]
        assert int(claims[0]["spec"]["resources"]["requests"]["storage"].removesuffix("Gi")) > int(store)

    def test_the_gateway_believes_who_is_in_front_of_it(self, objects):
        gateway = self.only(objects, "Deployment", "api-gateway")["spec"]["template"]["spec"]["containers"][0]
        assert environment(objects, gateway)["CUMULO_GATEWAY_TRUSTED_PROXIES"], "or all clients behind the Ingress are one address to it"

    def test_what_the_operators_run_can_be_reached(self, objects):
        def opened(key):
            return {(port["port"], bool(rule.get("from")))
                    for o in objects if o["kind"] == "NetworkPolicy"
                    for wanted in o["spec"]["podSelector"].get("matchExpressions", []) if wanted["key"] == key
                    for rule in o["spec"]["ingress"] for port in rule["ports"]}

        assert self.only(objects, "NetworkPolicy", "default-deny")["spec"]["podSelector"] == {}
        assert opened("cnpg.io/cluster") == {(5432, True), (8000, True), (9187, True)}
        assert opened("acme.cert-manager.io/http01-solver") == {(8089, False)}

    def test_signing_keys_are_sealed(self, objects):
        secret = self.only(objects, "ExternalSecret", "cumulo-keys")["spec"]
        for name in ("user-service", "notification-service"):
            container = self.only(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]
            wanted = next(v for v in container["env"] if v["name"] == "CUMULO_KEY_ENCRYPTION_SECRET")["valueFrom"]["secretKeyRef"]
            assert (wanted["name"], wanted["key"]) == (secret["target"]["name"], secret["data"][0]["secretKey"])


@pytest.mark.skipif(not shutil.which("kubectl-validate"), reason="go install sigs.k8s.io/kubectl-validate@latest brings it")
@pytest.mark.parametrize("version", ["1.27", "1.30"])
def test_schemas(version, tmp_path):
    """Unknown fields and wrong types. What operators add is checked where CUMULO_TEST_CRDS is a folder with their definitions (config/crd of
    CloudNativePG and of External Secrets)."""
    crds, checked = os.environ.get("CUMULO_TEST_CRDS"), {}
    for source in (*OVERLAYS, *(KUBERNETES / file for file in SERVICES)):
        objects = rendered(source) if source.is_dir() else documents(source)
        objects = [o for o in objects if crds or "." not in o["apiVersion"].split("/")[0] or ".k8s.io/" in o["apiVersion"]]
        for o in objects:
            if o["kind"] == "Secret":  # base64 in lines, which Kubernetes reads and the check does not
                o["data"] = {name: "".join(value.split()) for name, value in o.get("data", {}).items()}
        checked[source.name] = len(objects)
        (tmp_path / f"{source.name}.yaml").write_text(yaml.dump_all(objects))
    done = subprocess.run(["kubectl-validate", str(tmp_path), "--version", version, *(["--local-crds", crds] if crds else [])],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"Kubernetes {version}: {checked}")


@pytest.mark.parametrize("name", ["user-service", "task-service", "notification-service"])
def test_compose_tells_programs_what_they_know(name, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    told = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][name]["environment"]
    told = {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in told.items()}
    check_known(name, {key: str(secret) if key.endswith("_FILE") else value for key, value in told.items()})


def test_compose_documents_every_variable():
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    documented = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == documented - {"COMPOSE_PROFILES"}


def test_compose_keeps_everything_in():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert {name for name, each in compose["services"].items() if each.get("ports")} == {"api-gateway", "grafana"}
    for name, each in compose["services"].items():
        assert each["deploy"]["resources"]["limits"]["memory"] and each["restart"] == "unless-stopped", name
        assert each["cap_drop"] == ["ALL"] and each["security_opt"] == ["no-new-privileges:true"], name
        assert each["read_only"] or name == "postgres", name
        for volume in each.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).exists(), volume


def test_compose_says_to_the_parts_what_they_must_know_of_one_another():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    # Who is sent to TLS is sent to the port that is published.
    published = [port.rsplit(":", 1)[0] for port in services["api-gateway"]["ports"] if port.endswith(":8443")]
    assert published == [services["api-gateway"]["environment"]["CUMULO_GATEWAY_TLS_PORT"]]
    # Whether the bus writes through can be asked, or /readyz says for ever that it is not known.
    assert "http_port: 8222" in (ROOT / "deploy" / "compose" / "nats.conf").read_text()
    for name in ("user-service", "task-service", "notification-service"):
        assert services[name]["environment"]["CUMULO_BUS_MONITORING_URL"] == "http://nats:8222"
    # A slow statement is logged without its values.
    assert {"log_min_duration_statement=500ms", "log_parameter_max_length=0"} <= set(services["postgres"]["command"])
