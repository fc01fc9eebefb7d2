"""Actions change: one function a verb, each whole, each safe to receive twice and to kill anywhere."""
