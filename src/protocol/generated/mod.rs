//! The messages and the service of `proto/tfplugin6.proto`, generated, checked in and kept true by `tests/generated.rs`.
//!
//! Messages that carry values print their sizes alone, and those that carry private data cannot be printed at all: both
//! may hold secrets, and a message is easily logged by mistake.

use std::fmt;

#[rustfmt::skip]
#[allow(missing_docs, unused_qualifications, clippy::pedantic, reason = "generated code keeps its generator's style")]
pub mod tfplugin6;

impl fmt::Debug for tfplugin6::DynamicValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DynamicValue({} bytes of msgpack, {} bytes of JSON)", self.msgpack.len(), self.json.len())
    }
}

impl fmt::Debug for tfplugin6::RawState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RawState({} bytes of JSON, {} flat entries)", self.json.len(), self.flatmap.len())
    }
}

#[cfg(test)]
mod tests {
    use super::tfplugin6::{DynamicValue, RawState, validate_provider_config};

    #[test]
    fn values_do_not_print() {
        let value = DynamicValue { msgpack: "hunter2".into(), json: "hunter2".into() };
        let state = RawState { json: "hunter2".into(), flatmap: [("key".into(), "hunter2".into())].into() };
        let request = validate_provider_config::Request { config: Some(value) };
        let printed = format!("{request:?} {state:?}");
        assert!(printed.contains("7 bytes of msgpack") && printed.contains("1 flat entries"), "{printed}");
        assert!(!printed.contains("hunter2") && !printed.contains("104"), "{printed}"); // 104 is `h` as a number
    }
}
