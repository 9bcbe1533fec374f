createdb rehearsal
pg_restore --exit-on-error --no-owner --dbname=rehearsal river_levels.dump
psql --dbname=rehearsal --tuples-only --no-align \
  --command="SELECT count(*) FROM raw.flood_reports"
