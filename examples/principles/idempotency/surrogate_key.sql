SELECT
    station_id,
    qualifier,
    encode(
        sha256(
            convert_to(json_build_array(station_id, qualifier)::text, 'UTF8')
        ),
        'hex'
    ) AS measure_key
FROM measures
