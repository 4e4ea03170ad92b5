#!/bin/sh
# Opens the window on the sample desk, or triages the sample inbox here where there is no display.
set -eu
cd "$(dirname "$0")/.."

if [ "$(uname)" = Darwin ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    .venv/bin/python packaging/libraries.py window
    exec .venv/bin/baton-desktop --sample
fi
echo 'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window opens.' >&2
echo 'The sample inbox is triaged in this terminal instead; each line is one handoff.' >&2
.venv/bin/python packaging/libraries.py engine
exec .venv/bin/baton triage assets/samples/front-desk/inbox --again
