python costs.py --runs 730 --seconds 120 --memory-gb 1 --way-out nat
