environment           = "production"
vpc_cidr              = "10.20.2.0/24"
alarm_emails          = []
budget_usd            = 400
database_class        = "db.m7g.large"
database_storage_gib  = 100
database_multi_az     = true
database_backups_days = 35

github_repository = "example-council@1001/river-levels-etl@2001"
