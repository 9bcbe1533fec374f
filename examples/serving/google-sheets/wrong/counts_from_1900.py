import re
import zipfile
from datetime import date, timedelta
from pathlib import Path


def dates(path: Path) -> list[date]:
    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    serials = re.findall(r"<v>(\d+)</v>", sheet)
    return [date(1899, 12, 30) + timedelta(days=int(s)) for s in serials]
