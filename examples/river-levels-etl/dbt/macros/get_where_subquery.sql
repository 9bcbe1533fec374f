{#
    What a test reads of its model. dbt calls this for each test; its own
    version knows the test's `where` alone.

    Of what grows, only the rows that fct_readings has not taken yet, and those
    of the last hours: a test of the whole history makes each run slower than
    the one before. A row that fails keeps fct_readings from being built, so
    it is tested again until it is mended. The first build tests everything.
#}
{% macro get_where_subquery(relation) -%}
    {%- set wheres = [config.get('where', '')] -%}
    {%- if execute and relation.identifier in var('tested_when_new') -%}
        {%- set schema = generate_schema_name('marts', none) -%}
        {%- set taken = adapter.get_relation(
            target.database, schema, 'fct_readings'
        ) -%}
        {%- if taken -%}
            {%- do wheres.append(is_new_to(taken)) -%}
        {%- endif -%}
    {%- endif -%}
    {%- set where = wheres | select | join(' and ') -%}
    {%- if where -%}
        (select * from {{ relation }} where {{ where }}) as dbt_subquery
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# What changed since a table was built, and in the hours before. #}
{% macro is_new_to(table) -%}
    loaded_at >= (
        select
            coalesce(max(done.loaded_at), '-infinity')
            - interval '{{ var("lookback_hours") }} hours'
        from {{ table }} as done
    )
{%- endmacro %}
