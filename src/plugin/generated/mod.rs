//! The messages and services of `proto/plugin.proto`, generated, checked in and kept true by `tests/generated.rs`.

#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic, reason = "generated code keeps the style of its generator")]
pub(super) mod plugin;
