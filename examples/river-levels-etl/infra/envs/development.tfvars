# What differs in development. Everything else has one value for all three.
environment    = "development"
vpc_cidr       = "10.20.0.0/24"
alarm_emails   = []
budget_usd     = 150
boxes          = ["shared"]
database_class = "db.t4g.small"

github_repository = "example-council@1001/river-levels-etl@2001"
