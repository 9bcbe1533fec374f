python tools/catalogue.py pipeline.yml \
    dbt/models/serving/_serving.yml catalogue.yml build/catalogue
