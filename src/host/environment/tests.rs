//! An environment of every shape, made in a folder and read.
