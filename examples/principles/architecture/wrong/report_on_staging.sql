SELECT max(value) FROM staging.readings;
