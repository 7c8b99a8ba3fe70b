#!/bin/bash
# Builds the program netty-tap from this tree if need be, and runs it: ./run-example.sh COMMAND [OPTION…]
set -euo pipefail
top=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
"$top/build-module.sh" tap-tools
exec "$top/tap-tools/bin/netty-tap" "$@"
