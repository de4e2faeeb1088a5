#!/bin/sh
# Makes the virtual environment: make-venv.sh FOLDER [PYTHON]
# Without PYTHON: python3 if it is new enough, else the newest of python3.15 … python3.11.
set -eu

folder=$1
wanted=${2:-}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${wanted:-python3 python3.15 python3.14 python3.13 python3.12 python3.11 python}
    do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    tried=${wanted:-python3}
    found=$("$tried" --version 2>&1) || found="no $tried"
    echo "This needs Python 3.11 or newer, but here is: $found." >&2
    echo "Install a newer one, or name it: make demo PYTHON=/path/to/python3.12" >&2
    return 1
}

python=$(find_python)
echo "Making $folder with $("$python" --version)"
if ! "$python" -m venv --clear "$folder"; then
    rm -rf "$folder"
    echo "This Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
fi
