pg_dump --format=custom --file=river_levels.dump
