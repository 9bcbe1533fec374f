SELECT max(level_m) FROM serving.levels;
