GRANT rds_iam TO river_levels_rw, river_levels_transform;
