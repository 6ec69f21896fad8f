"""Policies: what the data are held to."""

from fw_gear_deid_check.policy.demand import Demand, Safe
from fw_gear_deid_check.policy.policy import Policy

__all__ = ["Demand", "Policy", "Safe"]
