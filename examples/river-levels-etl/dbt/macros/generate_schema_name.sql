{#
    The schema's own name in production; behind a prefix for a developer, so
    that two people never build into the same schema.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set prefix = env_var('RIVER_LEVELS_SCHEMA_PREFIX', '') -%}
    {{ prefix }}{{ custom_schema_name or target.schema }}
{%- endmacro %}
