//! Access to the process's environment, in one place so that a test can replace it.

use std::ffi::OsString;

/// A function that returns a variable's value; `None` if it is not set.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Returns a variable of this process's environment.
pub fn process_environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Returns a variable and treats an empty one as unset, as go-plugin and Terraform do.
pub(super) fn set_variable(environment: Lookup<'_>, name: &str) -> Option<OsString> {
    environment(name).filter(|value| !value.is_empty())
}
