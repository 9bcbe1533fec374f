{#
    dbt ignores --full-refresh for a model with `full_refresh: false` and says
    nothing. Whoever typed it expects a rebuild, so we say something.
#}
{% macro refuse_ignored_full_refresh() -%}
    {%- if execute and flags.FULL_REFRESH -%}
        {%- set kept = [] -%}
        {%- for id in selected_resources if id in graph.nodes -%}
            {%- if graph.nodes[id].config.get('full_refresh') is false -%}
                {%- do kept.append(graph.nodes[id].name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if kept -%}
            {%- set names = kept | sort | join(' ') -%}
            {{ exceptions.raise_compiler_error(
                "dbt would ignore --full-refresh for " ~ names
                ~ ",\nwhich keeps history that its source has lost."
                ~ "\nBuild the rest: --full-refresh --exclude " ~ names
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
