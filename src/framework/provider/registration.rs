//! What a vendor registers: one entry for each object that it offers.

use std::sync::Arc;

use crate::framework::kinds::action::{self, Action, DynAction};
use crate::framework::kinds::data_source::{self, DataSource, DynDataSource};
use crate::framework::kinds::ephemeral::{self, DynEphemeral, Ephemeral};
use crate::framework::kinds::function::{DynFunction, Function};
use crate::framework::kinds::list::{self, DynList, Listable};
use crate::framework::kinds::resource::{self, DynResource, Resource};

/// One object that a vendor offers.
pub enum Registration {
    /// A managed resource.
    Resource(Arc<dyn DynResource>),
    /// A managed resource whose objects can be listed.
    Listable(Arc<dyn DynResource>, Arc<dyn DynList>),
    /// A data source.
    DataSource(Arc<dyn DynDataSource>),
    /// An ephemeral resource.
    Ephemeral(Arc<dyn DynEphemeral>),
    /// An action.
    Action(Arc<dyn DynAction>),
    /// A function.
    Function(DynFunction),
}

impl Registration {
    /// A managed resource.
    pub fn resource<R: Resource>(resource: R) -> Self {
        Self::Resource(resource::erase(resource))
    }

    /// A managed resource whose objects can be listed.
    pub fn listable<R: Listable + Copy>(resource: R) -> Self {
        Self::Listable(resource::erase(resource), list::erase(resource))
    }

    /// A data source.
    pub fn data_source<D: DataSource>(source: D) -> Self {
        Self::DataSource(data_source::erase(source))
    }

    /// An ephemeral resource.
    pub fn ephemeral<E: Ephemeral>(ephemeral: E) -> Self {
        Self::Ephemeral(ephemeral::erase(ephemeral))
    }

    /// An action.
    pub fn action<A: Action>(action: A) -> Self {
        Self::Action(action::erase(action))
    }

    /// A function.
    pub fn function<F: Function>(function: F) -> Self {
        Self::Function(Arc::new(function))
    }
}
