"""The yardstick: the smallest ordinary DRF project that can keep a reading."""
