createdb rehearsal
psql --quiet --dbname=rehearsal --file=river_levels.sql
psql --dbname=rehearsal --tuples-only --no-align \
  --command="SELECT count(*) FROM raw.flood_reports"
