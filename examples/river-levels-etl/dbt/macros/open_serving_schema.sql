{# dbt grants the views to their readers, but not the schema around them. #}
{% macro open_serving_schema(schemas) -%}
    {%- for schema in schemas if schema.endswith('serving') -%}
        grant usage on schema {{ schema }} to river_levels_ro;
    {%- endfor -%}
{%- endmacro %}
