python redshift_policy.py tables.sql copy.sql merge.sql roles.sql view.sql
