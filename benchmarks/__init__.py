"""Benchmarks of fastnn: kernels, epochs, fits, and peers."""
