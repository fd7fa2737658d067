//! The whole acceptance suite.
