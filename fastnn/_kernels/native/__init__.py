"""The door to C: its header, its tables of kernels, the platform, buffers, the team of threads."""
