"""The rule on user data: what the script that instances run at first does to the agent."""
