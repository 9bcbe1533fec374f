"""River levels of Kingston and Sutton: API to S3 to PostgreSQL to dbt."""

from importlib.metadata import version

__version__ = version("river-levels-etl")
