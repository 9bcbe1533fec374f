"""Airflow for tests: a folder of its own, no examples, no network."""

import os
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DAGS = HERE.parent / "dags"

# Before anything imports Airflow, which reads its settings at that moment.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-tests-")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(DAGS)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
