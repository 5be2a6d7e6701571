//! The lake as its users see it: what is written is read, what is not committed is not there.
