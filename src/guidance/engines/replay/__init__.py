"""A replay of the flood-monitoring API on synthetic data."""

from guidance.engines.replay.server import Fault, ReplayServer, flood_api
from guidance.engines.replay.world import DEFAULT_NOW, Kind, World

__all__ = ["DEFAULT_NOW", "Fault", "Kind", "ReplayServer", "World", "flood_api"]
