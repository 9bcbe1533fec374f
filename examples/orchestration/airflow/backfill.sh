airflow backfill create --dag-id river-levels-etl \
  --from-date 2026-03-26 --to-date 2026-03-29 \
  --max-active-runs 1 --reprocess-behavior failed --dry-run
airflow backfill create --dag-id river-levels-etl \
  --from-date 2026-03-26 --to-date 2026-03-29 \
  --max-active-runs 1 --reprocess-behavior failed
