#!/usr/bin/env bash
# run_case.sh SUITE CASE SCRATCH: runs one case of a data-driven suite; ctest calls it.
#
# SUITE/check is run as `check CASE` in SCRATCH, an empty folder that stays for a look afterwards.
# $TINYCC is the compiler under test. It passes with status 0 and is skipped with 77.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
check=$here/$1/check case=$2 scratch=$3

rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"
export LC_ALL=C.UTF-8 TINYCC PYTHONDONTWRITEBYTECODE=1
if "$check" "$case"; then status=0; else status=$?; fi
if [ $status -ne 0 ] && [ $status -ne 77 ]; then
  echo "failed (status $status): TINYCC=$TINYCC $0 $1 $case $scratch" >&2
fi
exit $status
