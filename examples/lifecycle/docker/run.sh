docker compose up --detach --wait postgres localstack
docker compose exec -T localstack \
  awslocal s3 mb s3://river-levels-dev --region eu-west-2
docker compose run --rm -T pipeline migrate
