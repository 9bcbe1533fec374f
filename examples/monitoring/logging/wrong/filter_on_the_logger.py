import logging
import re

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class RedactingFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = EMAIL.sub("[e-mail]", record.getMessage())
        record.args = ()
        return True


def add_to(logger: logging.Logger) -> None:
    logger.addFilter(RedactingFilter())
