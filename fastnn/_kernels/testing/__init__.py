"""What tests and benchmarks look through; nothing in the library imports it."""
