"""The test passes on a laptop, and asks the real source each time."""

import os

import requests

API = "https://environment.data.gov.uk/flood-monitoring"


def test_stations_are_listed_when_the_source_answers() -> None:
    url = os.environ.get("RIVER_LEVELS_API_URL", API)

    reply = requests.get(f"{url}/id/stations", timeout=10)

    assert reply.ok
