ENTRYPOINT river-levels run
