"""The onboarding."""
