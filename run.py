#!/usr/bin/env python3
"""Entry point of the gear: runs the job that config.json describes."""

import sys

from fw_gear_deid_check.gear import start

if __name__ == "__main__":
    sys.exit(start())
