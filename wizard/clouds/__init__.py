"""What the clouds' own tools left on this machine: profiles, projects, sign-ins, and when these end. It reads their
files as they are, and never runs a tool, asks a network, or writes anything.
"""
