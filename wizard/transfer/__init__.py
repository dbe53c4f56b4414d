"""Moving a setup to another machine or to a team: profiles, with and without their secrets."""
