"""What the tests do with Airflow, inside its own environment (see engines/child.py)."""

import contextlib
import datetime as dt
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

BUNDLE = "dags-folder"


def bag_of(folder: str) -> BundleDagBag:
    """Read the DAGs of a folder, or of one file, as a new process would."""
    path = Path(folder)
    bundle = path if path.is_dir() else path.parent
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(bundle)):
            del sys.modules[name]
    return BundleDagBag(path, bundle_path=bundle, bundle_name=BUNDLE)


@contextlib.contextmanager
def variables(given: dict[str, str | None]) -> Iterator[None]:
    """Set environment variables for a block; None removes one."""
    before = {name: os.environ.get(name) for name in given}
    change(given)
    try:
        yield
    finally:
        change(before)


def change(given: dict[str, str | None]) -> None:
    """Set environment variables; None removes one."""
    for name, value in given.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def run(
    folder: str, dag_id: str, at: str | None, env: dict[str, str | None]
) -> dict[str, Any]:
    """Run a DAG by ``dag.test()`` and say what became of it.

    Args:
        at: the logical date, ISO 8601; None for a run without one.
        env: environment variables during the run.

    Returns:
        ``state`` of the run, ``tasks`` by name, ``assets`` that were updated, ``xcoms``
        by task (as text), ``interval`` or None.
    """
    from airflow.models.asset import AssetEvent
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with variables(env):
        bag = bag_of(folder)
        if bag.import_errors:
            raise RuntimeError(str(bag.import_errors))
        DagBundlesManager().sync_bundles_to_db()  # what the DAG processor does
        sync_bag_to_db(bag, BUNDLE, None)
        when = dt.datetime.fromisoformat(at) if at else None
        done = bag.dags[dag_id].test(logical_date=when)
    with create_session() as session:
        tasks = {
            f"{ti.task_id}{'' if ti.map_index < 0 else ti.map_index}": str(ti.state)
            for ti in done.get_task_instances(session=session)
        }
        events = session.scalars(
            select(AssetEvent).where(
                AssetEvent.source_dag_id == dag_id, AssetEvent.source_run_id == done.run_id
            )
        )
        assets = sorted({event.asset.name for event in events})
        xcoms = {
            x.task_id: x.value if isinstance(x.value, str) else json.dumps(x.value)
            for x in session.scalars(
                select(XComModel).where(
                    XComModel.dag_id == dag_id,
                    XComModel.run_id == done.run_id,
                    XComModel.key == "return_value",
                )
            )
        }
    start, end = done.data_interval_start, done.data_interval_end
    return {
        "state": str(done.state),
        "tasks": tasks,
        "assets": assets,
        "xcoms": xcoms,
        "interval": [start.isoformat(), end.isoformat()] if start and end else None,
    }
