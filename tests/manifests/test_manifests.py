"""The manifests keep Pod Security `restricted`, and what they name exists. Overlays are rendered where kustomize or kubectl
is at hand."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from harness.places import ROOT

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
            assert "value" in variable or variable["valueFrom"]["secretKeyRef"]["optional"] is True
        assert spec["terminationGracePeriodSeconds"] >= 45


@pytest.mark.parametrize("folder", OVERLAYS, ids=lambda folder: folder.name)
def test_rendered(folder):
    objects = rendered(folder)
    identities = [(o["apiVersion"], o["kind"], o["metadata"]["name"]) for o in objects]
    assert len(identities) == len(set(identities))
    check_names(objects)
    for name, spec, _ in pods(objects):
        check_restricted(name, spec)
    names = {o["metadata"]["name"]: o for o in objects if o["kind"] == "Namespace"}
    assert names["cumulo"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    if folder != KUBERNETES:
        assert all(o["spec"]["replicas"] == 3 for o in objects if o["kind"] in ("Deployment", "StatefulSet"))
        text = yaml.dump_all(objects)
        assert "for-trying-out" not in text, "no public password in production"


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
