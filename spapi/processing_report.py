def parse_processing_report(c):
    raise RuntimeError("stub")
