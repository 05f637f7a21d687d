"""The seven roles, one folder each: agent.py and pure rule files; roles never import each other."""
