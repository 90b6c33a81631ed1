//! Rules on small locks.
