"""fastnn beside other libraries: one process a peer and case, run in turns."""
