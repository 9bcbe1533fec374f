ENTRYPOINT ["sh", "-c", "river-levels \"$@\" | tee /tmp/run.log", "sh"]
