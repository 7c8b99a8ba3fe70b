#!/bin/bash
# Runs the netty-tap programs: ./run-example.sh SUBCOMMAND [OPTION…]; with --help it lists them.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.launch.sh"
launch tap-tools io.github.nettytap.tools.command.NettyTap "$@"
