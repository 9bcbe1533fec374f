"""Daily levels on Spark: on this machine, Glue or EMR."""

# mypy: disable-error-code="import-not-found"
# --8<-- [start:transform]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import StringType, StructField, StructType

STATIONS = StructType(
    [
        StructField("station_id", StringType()),
        StructField("name", StringType()),
    ]
)


def session(name: str) -> SparkSession:
    """Return the platform's session, or a new one; it thinks in UTC."""
    return (
        SparkSession.builder.appName(name)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "true")  # 3.5 needs it said
        .getOrCreate()
    )


def daily_levels(readings: DataFrame, stations: DataFrame) -> DataFrame:
    """Return levels by gauge and London day; times are UTC, levels metres.

    Raises:
        ValueError: if a gauge is listed twice.
    """
    counts = stations.groupBy("station_id").count()
    if twice := counts.where("count > 1").head(5):
        raise ValueError(f"listed twice: {twice}")
    local = f.from_utc_timestamp("observed_at", "Europe/London")
    days = (
        readings.where(f.col("level_m").isNotNull())
        .groupBy("station_id", f.to_date(local).alias("local_date"))
        .agg(
            f.count("*").alias("readings"),
            f.max("level_m").alias("highest_m"),
            f.avg("level_m").alias("average_m"),
        )
    )
    return days.join(f.broadcast(stations), "station_id", "left")


# --8<-- [end:transform]


# --8<-- [start:job]
def read_stations(spark: SparkSession, path: str) -> DataFrame:
    """Read the gauges; what is no text or has no column is an error."""
    return spark.read.csv(path, schema=STATIONS, header=True, mode="FAILFAST")


def run(name: str, readings: str, stations: str, target: str) -> None:
    """Read Parquet and CSV, write one Parquet file; paths or s3:// URLs."""
    spark = session(name)
    days = daily_levels(
        spark.read.parquet(readings), read_stations(spark, stations)
    )
    days.coalesce(1).write.mode("overwrite").parquet(target)


# --8<-- [end:job]
