"""How the cost of an apply, a plan and a destroy grows with the number of objects.

Every figure stands beside that of `terraform_data` in the same run, which runs inside of Terraform. Where Go is found, it stands
also beside a provider that does nothing, which shows what Terraform pays for any provider in a process of its own; and where
generic providers for REST APIs are found, beside those. A state of thousands of objects is written as Terraform writes it, from
one that was applied, since Terraform takes minutes to apply as many.
"""

import copy
import json
import os
import shutil
import statistics
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import measure
import sandbox
import workspace

Seed = Callable[[dict, dict, int], list[dict]]


@dataclass(frozen=True)
class Kind:
    """A kind of objects whose number grows."""

    # `idv` for this provider; another one is measured only if it is found.
    provider: str
    name: str
    # The resource with `%d` for its count; the resource of many objects is called `many`.
    resource: str
    # Adds objects to the sandbox's state, like the one that was applied. Returns the attributes in which each differs.
    seed: Seed | None = None
    vendor: str = ""


def seed_entries(state: dict, _: dict, count: int) -> list[dict]:
    entries = state["didit"]["lists"][-1]["entries"]
    values = [f"user{number}@example.com" for number in range(count)]
    entries[:] = [entries[0] | {"uuid": str(uuid.UUID(int=number, version=4)), "value": value}
                  for number, value in enumerate(values)]
    return [{"id": entry["uuid"], "value": entry["value"], "stored_value": entry["value"]} for entry in entries]


def seed_webhooks(state: dict, _: dict, count: int) -> list[dict]:
    webhooks = state["vult"]["webhooks"]
    webhooks[:] = [webhooks[0] | {"id": f"whk_{number}", "name": f"hook {number}",
                                  "url": f"https://hooks.example.com/{number}"} for number in range(count)]
    return [{name: webhook[name] for name in ("id", "name", "url")} for webhook in webhooks]


def seed_data(_: dict, instance: dict, count: int) -> list[dict]:
    return [{"id": instance["attributes"]["id"]} for _ in range(count)]


def seed_things(_: dict, __: dict, count: int) -> list[dict]:
    return [{"id": f"hook {number}", "name": f"hook {number}", "url": f"https://hooks.example.com/{number}"}
            for number in range(count)]


FLOOR = Kind("terraform", "terraform_data", 'resource "terraform_data" "many" {\n  count = %d\n}\n', seed_data)
YARDSTICK = Kind("yardstick", "things that do nothing", '''resource "yardstick_thing" "many" {
  count = %d
  name  = "hook ${count.index}"
  url   = "https://hooks.example.com/${count.index}"
}
''', seed_things)
WEBHOOKS = Kind("idv", "VULT webhooks", '''resource "idv_vult_webhook" "many" {
  count = %d
  name  = "hook ${count.index}"
  url   = "https://hooks.example.com/${count.index}"
}
''', seed_webhooks, "vult")
ENTRIES = Kind("idv", "Didit list entries", '''resource "idv_didit_list" "one" {
  name       = "list"
  list_type  = "custom"
  entry_type = "email"
}

resource "idv_didit_list_entry" "many" {
  count   = %d
  list_id = idv_didit_list.one.id
  value   = "user${count.index}@example.com"
}
''', seed_entries, "didit")
LISTS = Kind("idv", "Didit lists", '''resource "idv_didit_list" "many" {
  count      = %d
  name       = "list ${count.index}"
  list_type  = "custom"
  entry_type = "email"
}
''', None, "didit")

# The same lists by generic providers. Their binaries are named by variables, or found on the PATH.
RESTAPI = Kind("restapi", "Didit lists", '''provider "restapi" {
  uri                  = "%(url)s"
  headers              = { "x-api-key" = "%(key)s", "Content-Type" = "application/json" }
  write_returns_object = true
  id_attribute         = "uuid"
  update_method        = "PATCH"
}

resource "restapi_object" "many" {
  count        = %%d
  path         = "/v3/lists/"
  read_path    = "/v3/lists/{id}/"
  update_path  = "/v3/lists/{id}/"
  destroy_path = "/v3/lists/{id}/"
  data         = jsonencode({ name = "list ${count.index}", list_type = "custom", entry_type = "email" })
}
''', None, "didit")
RESTFUL = Kind("restful", "Didit lists", '''provider "restful" {
  base_url      = "%(url)s"
  update_method = "PATCH"
  security = {
    apikey = [{ in = "header", name = "x-api-key", value = "%(key)s" }]
  }
}

resource "restful_resource" "many" {
  count       = %%d
  path        = "/v3/lists/"
  read_path   = "$(path)$(body.uuid)/"
  delete_path = "$(path)$(body.uuid)/"
  body        = { name = "list ${count.index}", list_type = "custom", entry_type = "email" }
}
''', None, "didit")
GENERIC = {"restapi": ("mastercard/restapi", RESTAPI), "restful": ("magodo/restful", RESTFUL)}


def found_providers() -> dict[str, Path]:
    """The yardstick, if Go can build it, and generic providers: `BENCH_RESTAPI` and `BENCH_RESTFUL` name their binaries, or
    they are on the PATH."""
    found = {}
    if go := shutil.which("go"):
        binary = workspace.TARGET / "yardstick" / "terraform-provider-yardstick"
        subprocess.run([go, "build", "-o", binary, "."], cwd=workspace.ROOT / "tools" / "yardstick", check=True)
        found["yardstick"] = binary
    for name in GENERIC:
        path = os.environ.get(f"BENCH_{name.upper()}") or shutil.which(f"terraform-provider-{name}")
        if path:
            found[name] = Path(path).resolve()
    return found


class Bench:
    """Measures kinds of objects in one run."""

    def __init__(self, binary: Path, terraform: str, folder: Path, latency_ms: int = 0) -> None:
        self.terraform, self.folder, self.latency_ms = terraform, folder, latency_ms
        self.binaries = {"idv": binary, **found_providers()}
        self.rows: list[dict] = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def applied(self, kind: Kind, count: int, runs: int) -> dict:
        """The medians of applies, plans and destroys of this many objects."""
        costs: dict[str, list[tuple[measure.Cost, int]]] = {"apply": [], "plan": [], "destroy": []}
        with sandbox.running(self.binaries["idv"], "--latency", f"{self.latency_ms}ms") as running:
            for _ in range(runs):
                folder, environment = self._configure(kind, count, running)
                for command, arguments in (("apply", ["-auto-approve"]), ("plan", []), ("destroy", ["-auto-approve"])):
                    costs[command].append(self._run(kind, running, folder, environment, command, *arguments))
        return self._row(kind, count, runs, costs)

    def planned(self, kind: Kind, count: int, runs: int) -> dict:
        """The medians of plans of this many objects that exist already."""
        costs: dict[str, list[tuple[measure.Cost, int]]] = {"plan": []}
        with sandbox.running(self.binaries["idv"], "--latency", f"{self.latency_ms}ms") as running:
            folder, environment = self._configure(kind, 1, running)
            self._run(kind, running, folder, environment, "apply", "-auto-approve")
            self._multiply(kind, count, running, folder)
            for _ in range(runs):
                cost, requests = self._run(kind, running, folder, environment, "plan")
                if "No changes." not in cost.output:
                    raise RuntimeError(f"the plan of {count} {kind.name} is not empty:\n{cost.output[-2000:]}")
                costs["plan"].append((cost, requests))
        return self._row(kind, count, runs, costs)

    def _configure(self, kind: Kind, count: int, running: sandbox.Sandbox) -> tuple[Path, dict[str, str]]:
        folder = self.folder / kind.provider
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        sources = {"idv": workspace.SOURCE, "yardstick": "identity-as-code/yardstick", **{name: source for name, (source, _) in GENERIC.items()}}
        overrides = "".join(f'    "{sources[name]}" = "{path.parent}"\n' for name, path in self.binaries.items())
        cli = folder / "cli.tfrc"
        cli.write_text(f"provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n", encoding="utf-8")
        source = sources.get(kind.provider)
        required = f'    {kind.provider} = {{ source = "{source}" }}\n' if source else ""
        resource = kind.resource
        if kind.provider in GENERIC:
            variables = running.environment
            resource = resource % {"url": variables["IDV_DIDIT_BASE_URL"], "key": variables["IDV_DIDIT_API_KEY"]}
        text = f"terraform {{\n  required_providers {{\n{required}  }}\n}}\n\n{resource % count}"
        (folder / "main.tf").write_text(text, encoding="utf-8")
        return folder, workspace.clean_environment({"TF_CLI_CONFIG_FILE": str(cli), **running.environment})

    def _run(self, kind: Kind, running: sandbox.Sandbox, folder: Path, environment: dict[str, str], command: str,
             *arguments: str) -> tuple[measure.Cost, int]:
        running.forget_requests()
        line = [self.terraform, command, "-input=false", "-no-color", *arguments]
        binary = self.binaries.get(kind.provider, self.binaries["idv"])
        try:
            cost = measure.cost(line, folder, environment, binary)
        except subprocess.CalledProcessError as failure:
            raise RuntimeError(f"`{command}` of {kind.name} by {kind.provider} failed:\n{failure.output[-2000:]}") from failure
        return cost, sum(request["vendor"] == kind.vendor for request in running.requests())

    def _multiply(self, kind: Kind, count: int, running: sandbox.Sandbox, folder: Path) -> None:
        """Makes the one object of the state as many, at the vendor and in Terraform's state."""
        path = folder / "terraform.tfstate"
        state = json.loads(path.read_text(encoding="utf-8"))
        resource = next(resource for resource in state["resources"] if resource["name"] == "many")
        one = resource["instances"][0]
        seeded: list[dict] = []
        running.change(lambda vendors: seeded.extend(kind.seed(vendors, one, count)))
        resource["instances"] = []
        for number, attributes in enumerate(seeded):
            instance = copy.deepcopy(one) | {"index_key": number}
            instance["attributes"].update(attributes)
            if instance.get("identity"):
                instance["identity"]["id"] = attributes["id"]
            resource["instances"].append(instance)
        path.write_text(json.dumps(state), encoding="utf-8")
        main = folder / "main.tf"
        main.write_text(main.read_text(encoding="utf-8").replace("= 1\n", f"= {count}\n", 1), encoding="utf-8")

    def _row(self, kind: Kind, count: int, runs: int, costs: dict[str, list[tuple[measure.Cost, int]]]) -> dict:
        row = {"provider": kind.provider, "objects": kind.name, "count": count, "latency_ms": self.latency_ms, "runs": runs}
        for command, measured in costs.items():
            median = lambda value: round(statistics.median(value(cost) for cost, _ in measured), 3)  # noqa: E731
            row[command] = {
                "seconds": median(lambda cost: cost.seconds),
                "provider_cpu_seconds": median(lambda cost: cost.cpu_seconds),
                "provider_private_mib": median(lambda cost: cost.private_mib),
                "requests": int(statistics.median(requests for _, requests in measured)),
            }
        self.rows.append(row)
        return row
