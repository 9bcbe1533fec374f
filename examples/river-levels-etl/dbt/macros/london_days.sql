{# The moment at which a day begins in London. #}
{% macro london_midnight(day) -%}
    ({{ day }})::timestamp at time zone 'Europe/London'
{%- endmacro %}

{#
    How many quarter-hours a day in London has: 96, but 92 when the clocks go
    forward and 100 when they go back.
#}
{% macro quarters_of_day(day) -%}
    (
        extract(
            epoch from
            {{ london_midnight(day ~ ' + 1') }} - {{ london_midnight(day) }}
        ) / 900
    )::integer
{%- endmacro %}
