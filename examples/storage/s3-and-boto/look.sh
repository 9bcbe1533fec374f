aws s3 ls "s3://$RIVER_LEVELS_BUCKET/raw/" --recursive --summarize
