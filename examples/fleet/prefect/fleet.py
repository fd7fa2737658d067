"""Rolls the configuration out to every tenant, with Prefect 3.

    python fleet.py deploy                  create the work pool and the deployment
    prefect worker start --pool idv-fleet   on each machine that works
    python fleet.py run                     plan, lint, report and apply for every tenant, then one summary
    python fleet.py run --plan-only         plan, and apply nothing

Prefect decides what runs when: batches of tenants are flow runs of the work pool, which has a concurrency limit, and each
tenant is a task with retries. The exit code of `run` is 0 if all tenants are as declared, 1 if one failed, and with
`--plan-only` 2 if a plan has changes.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import yaml
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.deployments import run_deployment
from prefect.runtime import task_run
from prefect.tasks import exponential_backoff
from prefect.task_runners import ThreadPoolTaskRunner

HERE = Path(__file__).resolve().parent
# A flow run imports this file from its path.
sys.path.insert(0, str(HERE))

import tenant as steps  # noqa: E402

POOL = "idv-fleet"
# How many batches run at the same time, over all workers, and how many tenants of a batch.
BATCHES_AT_ONCE = int(os.environ.get("FLEET_BATCHES_AT_ONCE", "2"))
TENANTS_AT_ONCE = int(os.environ.get("FLEET_TENANTS_AT_ONCE", "3"))
BATCH_SIZE = int(os.environ.get("FLEET_BATCH_SIZE", "25"))


def credentials(name: str) -> dict[str, str]:
    """The credentials of a tenant: TENANT_<NAME>_IDV_... of the worker's environment, or else the Secret block `idv-<name>`.

    The block has JSON such as {"IDV_VULT_CLIENT_SECRET": "..."}.
    """
    prefix = f"TENANT_{name.upper().replace('-', '_')}_"
    found = {key.removeprefix(prefix): value for key, value in os.environ.items() if key.startswith(prefix)}
    if found:
        return found
    value = Secret.load(f"idv-{name}").get()
    return json.loads(value) if isinstance(value, str) else value


# About 1 s, 2 s, 4 s and so on, a minute in all: long enough for a database that restarts.
@task(
    task_run_name="{name}",
    retries=6,
    retry_delay_seconds=exponential_backoff(backoff_factor=1),
    retry_jitter_factor=0.5,
    persist_result=False,
)
def tenant(name: str, apply: bool, initialised: Path) -> dict:
    """Brings one tenant to its configuration."""
    outcome = steps.Tenant(name, credentials(name), initialised).roll_out(apply)
    if outcome.report:
        create_markdown_artifact(outcome.report, key=f"plan-{name}", description=f"What the plan of {name} changes")
    return {**asdict(outcome), "report": "", "attempts": task_run.run_count}


@flow(task_runner=ThreadPoolTaskRunner(max_workers=TENANTS_AT_ONCE), persist_result=True, log_prints=True)
def batch(names: list[str], apply: bool) -> list[dict]:
    """Runs some tenants. One that fails does not stop the others."""
    initialised = steps.initialise(names[0])
    futures = [(name, tenant.submit(name, apply, initialised)) for name in names]
    outcomes = []
    for name, future in futures:
        future.wait()
        if future.state.is_completed():
            outcomes.append(future.result())
        else:
            fault = steps.one_line(str(future.result(raise_on_failure=False)))
            outcomes.append({**asdict(steps.Outcome(name, "failed", fault)), "attempts": tenant.retries + 1})
    return outcomes


# A batch whose process died is run again. Tenants that are done have empty plans then.
@task(retries=3, retry_delay_seconds=5)
def run_batch(names: list[str], apply: bool) -> list[dict]:
    """Runs a batch in the work pool and waits for it."""
    run = run_deployment(f"{batch.name}/{POOL}", parameters={"names": names, "apply": apply}, poll_interval=2)
    if not run.state.is_completed():
        raise RuntimeError(f"the batch that begins with {names[0]} ended as {run.state.name}: {run.state.message}")
    return run.state.result()


@flow(task_runner=ThreadPoolTaskRunner(max_workers=64))
def fleet(names: list[str], apply: bool = True) -> list[dict]:
    """Runs all tenants and writes one summary."""
    batches = [names[start : start + BATCH_SIZE] for start in range(0, len(names), BATCH_SIZE)]
    futures = [(batch_names, run_batch.submit(batch_names, apply)) for batch_names in batches]
    outcomes = []
    for batch_names, future in futures:
        future.wait()
        if future.state.is_completed():
            outcomes += future.result()
        else:
            fault = steps.one_line(str(future.result(raise_on_failure=False)))
            outcomes += [{**asdict(steps.Outcome(name, "failed", fault)), "attempts": 0} for name in batch_names]
    create_table_artifact([without_report(outcome) for outcome in outcomes], key="fleet", description="All tenants")
    return outcomes


def without_report(outcome: dict) -> dict:
    return {key: value for key, value in outcome.items() if key != "report"}


def deploy() -> None:
    """Creates the work pool with its limit, and the deployment of `batch`."""
    with get_client(sync_client=True) as client:
        if POOL not in {pool.name for pool in client.read_work_pools()}:
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        client.update_work_pool(POOL, WorkPoolUpdate(concurrency_limit=BATCHES_AT_ONCE))
    flow.from_source(source=str(HERE), entrypoint="fleet.py:batch").deploy(
        name=POOL, work_pool_name=POOL, print_next_steps=False, ignore_warnings=True
    )


def summary(outcomes: list[dict]) -> str:
    """The counts, and a line for each tenant that needs a person or a second look."""
    counts = {result: sum(it["result"] == result for it in outcomes) for result in ("changed", "planned", "unchanged", "failed")}
    lines = [", ".join(f"{count} {result}" for result, count in counts.items() if count) + f" of {len(outcomes)} tenants"]
    lines += [f"  {it['tenant']}: {it['detail']}" for it in outcomes if it["result"] == "failed"]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Roll the configuration out to every tenant.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("deploy", help="create the work pool and the deployment")
    run = commands.add_parser("run", help="run all tenants")
    run.add_argument("--plan-only", action="store_true", help="apply nothing")
    run.add_argument("--first", type=int, metavar="COUNT", help="run the first COUNT tenants of tenants.yaml")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes to FILE")
    arguments = parser.parse_args()
    if arguments.command == "deploy":
        deploy()
        return 0
    tenants = yaml.safe_load((steps.FLEET / "tenants.yaml").read_text(encoding="utf-8"))
    names = [it["name"] for it in tenants][: arguments.first]
    outcomes = fleet(names, apply=not arguments.plan_only)
    print(summary(outcomes))
    if arguments.json:
        arguments.json.write_text(json.dumps(outcomes, indent=1), encoding="utf-8")
    results = {outcome["result"] for outcome in outcomes}
    return 1 if "failed" in results else 2 if "planned" in results else 0


if __name__ == "__main__":
    sys.exit(main())
