"""Each test starts from nothing, whatever the one before left."""

# --8<-- [start:tests]
import psycopg
import pytest

TABLE = "CREATE TABLE levels (measure_id text, value double precision)"


@pytest.mark.parametrize("measure_id", ["3390TH", "4070TH"])
def test_level_is_stored_when_the_table_is_new(
    database_url: str, measure_id: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(TABLE)
        insert = "INSERT INTO levels VALUES (%s, 0.4)"

        connection.execute(insert, [measure_id])

        found = connection.execute("SELECT measure_id FROM levels")
        assert found.fetchall() == [(measure_id,)]


# --8<-- [end:tests]
