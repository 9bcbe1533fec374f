"""Daily river levels. Set LEVELS_FOLDER and run me."""

import csv
import json
import os
from datetime import datetime
from zoneinfo import ZoneInfo

folder = os.environ["LEVELS_FOLDER"]

# read the stations
stations = {}
f = open(folder + "/stations.csv")
for row in csv.DictReader(f):
    stations[row["measure"]] = row["station"]

# read the readings
f = open(folder + "/readings.json")
data = json.load(f)
print("got", len(data["items"]), "readings")

# sort out the good ones
seen = []
days = {}
bad = 0
for item in data["items"]:
    try:
        m = item["measure"].split("/")[-1]
        t = datetime.fromisoformat(item["dateTime"])
        if t.tzinfo is None:
            bad = bad + 1
            continue
        d = str(t.astimezone(ZoneInfo("Europe/London")).date())
        if d == str(datetime.now().date()):
            continue  # today is not finished
        if (m, t) in seen:
            continue
        v = float(item["value"])
        if not -5 < v < 100:
            bad = bad + 1
            continue
        s = stations[m]
        seen.append((m, t))
        if (d, s) not in days:
            days[(d, s)] = [v]
        else:
            days[(d, s)].append(v)
    except:
        bad = bad + 1
print(bad, "bad readings")

# make the table
table = []
for d, s in sorted(days):
    values = days[(d, s)]
    lowest = 999.0
    highest = -999.0
    total = 0.0
    for v in values:
        if v < lowest:
            lowest = v
        if v > highest:
            highest = v
        total = total + v
    mean = round(total / len(values), 3)
    table.append([d, s, len(values), lowest, highest, mean])

# write it
f = open(folder + "/daily.csv", "w")
f.write("day,station,readings,lowest_m,highest_m,mean_m\n")
for line in table:
    f.write(",".join(str(cell) for cell in line) + "\n")
f.close()
print("done")
