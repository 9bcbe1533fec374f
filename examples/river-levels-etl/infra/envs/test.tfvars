environment    = "test"
vpc_cidr       = "10.20.1.0/24"
alarm_emails   = []
budget_usd     = 100
database_class = "db.t4g.small"

github_repository = "example-council@1001/river-levels-etl@2001"
