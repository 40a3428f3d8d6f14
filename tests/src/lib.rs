//! End to end: all services, several people, whole reporting cycles.
