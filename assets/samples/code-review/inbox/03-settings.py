# Settings of the label service. Read once at start.

import os

DEBUG = True
LOG_LEVEL = "INFO"
PRINTER_HOST = "labels.grenholt.example"
PRINTER_PORT = 9100
PRINTER_TIMEOUT = None
MAX_LABELS_PER_RUN = 500
TEMPLATE_DIR = os.path.join(os.path.dirname(__file__), "templates")
RETRIES = 3
LANGUAGES = ["en", "de"]
CACHE_SECONDS = 3600
