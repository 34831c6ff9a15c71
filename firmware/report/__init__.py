"""The reporter process: reads journal.db, publishes over MQTT, remembers in reporter.db."""
