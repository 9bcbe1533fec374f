FROM python:latest
WORKDIR /app
ENV DATABASE_PASSWORD=changeme
COPY . .
RUN pip install -r requirements.txt
ENTRYPOINT river-levels run
