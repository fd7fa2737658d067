//! VULT's KYC API.

pub mod sandbox;
