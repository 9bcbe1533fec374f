CREATE USER flood_analyst PASSWORD 'Ask-Sam-For-It-1';
GRANT SELECT ON ALL TABLES IN SCHEMA serving TO flood_analyst;
