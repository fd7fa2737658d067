//! The one place of this module that reads the process's environment, so that a test can give another.

use std::ffi::OsString;

/// How a variable is looked up; `None` when it is not set.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Looks a variable up in the environment of this process.
pub fn process_environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Looks a variable up and takes an empty one for unset, as go-plugin and Terraform do.
pub(super) fn set_variable(environment: Lookup<'_>, name: &str) -> Option<OsString> {
    environment(name).filter(|value| !value.is_empty())
}
