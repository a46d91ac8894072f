"""Rules about metrics, alarms, and where alarms are sent."""
