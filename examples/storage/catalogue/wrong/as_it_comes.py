def uprn(value: object) -> str:
    return str(value)
