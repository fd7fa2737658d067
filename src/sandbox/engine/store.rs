//! The state of all vendors, each of the type that its stand-in uses, behind one lock.
//!
//! From outside it is one JSON document `{"<vendor>": {...}}`, which a test can read, change and put back. It is read into
//! the vendors' types when it comes in, so that a misspelt key is rejected at once. A handler that reads shares the state;
//! one that writes copies its own vendor's state, and no handler waits while it holds the lock.

use std::{
    any::Any,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{StandIn, file::write_atomically};

/// Why a state could not be read, written or understood.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The document does not have the shape of the vendor's state.
    #[error("the state does not fit at `{at}`: {reason}; `GET /state` on the control port shows the shape")]
    Shape {
        /// Where in the document, as a path such as `webhooks[2].url`.
        at: String,
        /// What was expected there and what was found.
        reason: String,
    },
    /// A handler uses another type for its state than the stand-in declares.
    #[error("the stand-in does not keep its state as `{expected}`")]
    Type {
        /// The type that the handler uses.
        expected: &'static str,
    },
    /// A vendor that this sandbox does not serve.
    #[error("the sandbox does not serve `{0}`")]
    Vendor(&'static str),
    /// A state or seed file could not be read or written.
    #[error("cannot {action} the state file `{}`: {source}", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system or of the JSON parser.
        source: io::Error,
    },
}

/// A type that can be a stand-in's state.
pub trait State: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Checks what no single member shows, such as a key that does not fit the curve. A handler could only fail on it.
    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A stand-in's state, whose type only the stand-in knows.
pub(super) type AnyState = Arc<dyn Any + Send + Sync>;

/// How a stand-in's state is read from a document and written as one.
pub struct StateType {
    read: fn(Value) -> Result<AnyState, StoreError>,
    write: fn(&AnyState) -> Result<Value, StoreError>,
}

impl StateType {
    /// The type `S`. What a document leaves out takes its default; an error names the key that does not fit.
    pub const fn of<S: State>() -> Self {
        Self { read: from_document::<S>, write: to_document::<S> }
    }
}

/// Reads a state that every handler can use. What a document has and a handler cannot use is refused here, because later
/// it would make each request of the stand-in fail.
fn from_document<S: State>(document: Value) -> Result<AnyState, StoreError> {
    check_numbers(&document, &mut String::new())?;
    let state: S = serde_path_to_error::deserialize(document)
        .map_err(|error| StoreError::Shape { at: error.path().to_string(), reason: error.inner().to_string() })?;
    state.check()?;
    Ok(Arc::new(state))
}

/// The largest integer up to which an `f64` holds every one; sums of such numbers of seconds do not overflow.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Rejects the first number that an `f64` cannot hold, as most JSON parsers would.
fn check_numbers(value: &Value, at: &mut String) -> Result<(), StoreError> {
    let length = at.len();
    match value {
        Value::Number(number) => {
            let is_integer = number.is_i64() || number.is_u64();
            if !number
                .as_f64()
                .is_some_and(|number| number.is_finite() && !(is_integer && number.abs() > LARGEST_INTEGER))
            {
                return Err(StoreError::Shape {
                    at: at.clone(),
                    reason: format!(
                        "the number {number} is too large: an integer is at most {LARGEST_INTEGER}, and any number must fit a double"
                    ),
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.extend(["[", &index.to_string(), "]"]);
                check_numbers(item, at)?;
                at.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                at.push_str(if length == 0 { "" } else { "." });
                at.push_str(name);
                check_numbers(member, at)?;
                at.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
    Ok(())
}

fn to_document<S: State>(state: &AnyState) -> Result<Value, StoreError> {
    serde_json::to_value(&*typed::<S>(state)?)
        .map_err(|error| StoreError::Shape { at: ".".to_owned(), reason: error.to_string() })
}

/// A state as its type.
pub(super) fn typed<S: State>(state: &AnyState) -> Result<Arc<S>, StoreError> {
    Arc::clone(state).downcast().map_err(|_| StoreError::Type { expected: std::any::type_name::<S>() })
}

/// Changes a copy of a state and replaces the state by it, unless the change fails.
pub(super) fn edit<S: State, T, E: From<StoreError>>(
    state: &mut AnyState,
    change: impl FnOnce(&mut S) -> Result<T, E>,
) -> Result<T, E> {
    let mut next = (*typed::<S>(state)?).clone();
    let result = change(&mut next)?;
    *state = Arc::new(next);
    Ok(result)
}

/// The states by vendor.
type States = BTreeMap<&'static str, AnyState>;

/// The states, and the file in which they are kept if there is one.
pub(super) struct Store {
    vendors: Vec<&'static StandIn>,
    file: Option<PathBuf>,
    states: Mutex<States>,
}

impl Store {
    /// Opens the state file if it exists; otherwise begins from the seed, or from the vendors' initial states.
    pub(super) fn open(
        vendors: Vec<&'static StandIn>,
        seed: Option<&Path>,
        file: Option<PathBuf>,
    ) -> Result<Self, StoreError> {
        let source = file.as_deref().filter(|path| path.exists()).or(seed);
        let given = source.map_or_else(|| Ok(Value::Object(Map::new())), read_json)?;
        let states = read_all(&vendors, given)?;
        let store = Self { vendors, file, states: Mutex::default() };
        store.keep(&mut store.lock(), states)?;
        Ok(store)
    }

    /// The whole document.
    pub(super) fn document(&self) -> Result<Value, StoreError> {
        let states = self.lock().clone();
        self.write_all(&states)
    }

    /// One vendor's part of the document.
    pub(super) fn part(&self, vendor: &'static StandIn) -> Result<Value, StoreError> {
        (vendor.state.write)(&self.state(vendor.name)?)
    }

    /// One vendor's state.
    pub(super) fn state(&self, vendor: &'static str) -> Result<AnyState, StoreError> {
        self.lock().get(vendor).cloned().ok_or(StoreError::Vendor(vendor))
    }

    /// Replaces the whole document. What it leaves out takes its initial value.
    pub(super) fn replace(&self, document: Value) -> Result<(), StoreError> {
        let states = read_all(&self.vendors, document)?;
        self.keep(&mut self.lock(), states)
    }

    /// Replaces one vendor's part of the document. What it leaves out takes its initial value.
    pub(super) fn replace_part(&self, vendor: &'static StandIn, part: Value) -> Result<(), StoreError> {
        let next = (vendor.state.read)(part)?;
        self.change(vendor.name, |state| {
            *state = next;
            Ok(())
        })
    }

    /// Changes one vendor's state as a transaction: when `change` or the writing of the file fails, nothing changes.
    pub(super) fn change<T, E: From<StoreError>>(
        &self,
        vendor: &'static str,
        change: impl FnOnce(&mut AnyState) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut states = self.lock();
        let mut next = states.clone();
        let result = change(next.get_mut(vendor).ok_or(StoreError::Vendor(vendor))?)?;
        self.keep(&mut states, next)?;
        Ok(result)
    }

    /// Replaces the states, on disk first. The lock is held, so that the file never goes back in time.
    fn keep(&self, states: &mut States, next: States) -> Result<(), StoreError> {
        if let Some(path) = &self.file {
            let text = format!("{:#}\n", self.write_all(&next)?);
            write_atomically(path, text.as_bytes()).map_err(|source| StoreError::File {
                action: "write",
                path: path.clone(),
                source,
            })?;
        }
        *states = next;
        Ok(())
    }

    fn write_all(&self, states: &States) -> Result<Value, StoreError> {
        let mut document = Map::new();
        for vendor in &self.vendors {
            let state = states.get(vendor.name).ok_or(StoreError::Vendor(vendor.name))?;
            document.insert(vendor.name.to_owned(), (vendor.state.write)(state)?);
        }
        Ok(Value::Object(document))
    }

    fn lock(&self) -> MutexGuard<'_, States> {
        // A panic elsewhere cannot leave a half-changed state behind: `keep` replaces it as a whole.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_json(path: &Path) -> Result<Value, StoreError> {
    let failed = |source| StoreError::File { action: "read", path: path.to_owned(), source };
    serde_json::from_slice(&fs::read(path).map_err(failed)?).map_err(|error| failed(error.into()))
}

fn read_all(vendors: &[&'static StandIn], document: Value) -> Result<States, StoreError> {
    let Value::Object(mut given) = document else {
        return Err(StoreError::Shape {
            at: ".".to_owned(),
            reason: "expected an object with a key per vendor".to_owned(),
        });
    };
    let mut states = States::new();
    for vendor in vendors {
        let part = given.remove(vendor.name).unwrap_or_else(|| Value::Object(Map::new()));
        states.insert(vendor.name, (vendor.state.read)(part).map_err(|error| below(vendor.name, error))?);
    }
    match given.keys().next() {
        None => Ok(states),
        Some(unknown) => {
            let known: Vec<_> = vendors.iter().map(|vendor| vendor.name).collect();
            Err(StoreError::Shape {
                at: unknown.clone(),
                reason: format!("no such vendor; there are {}", known.join(", ")),
            })
        }
    }
}

/// Prefixes the path at which a state does not fit with the vendor's name.
fn below(vendor: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Shape { at, reason } if at == "." => StoreError::Shape { at: vendor.to_owned(), reason },
        StoreError::Shape { at, reason } => StoreError::Shape { at: format!("{vendor}.{at}"), reason },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::sandbox::engine::Routes;

    #[derive(Clone, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Shelf {
        books: Vec<String>,
        open: bool,
    }

    impl Default for Shelf {
        fn default() -> Self {
            Self { books: vec!["atlas".to_owned()], open: true }
        }
    }

    impl State for Shelf {}

    static VENDORS: [StandIn; 1] = [StandIn {
        name: "library",
        routes: Routes::new,
        state: StateType::of::<Shelf>(),
        environment: |_| Ok(Vec::new()),
        error_body: |error| json!(error.message),
        expire_token: None,
        rotate_key: None,
    }];

    fn store(file: Option<PathBuf>) -> Store {
        Store::open(VENDORS.iter().collect(), None, file).unwrap()
    }

    fn library(store: &Store) -> Value {
        store.part(&VENDORS[0]).unwrap()
    }

    #[test]
    fn a_key_that_a_document_omits_takes_its_initial_value() {
        let store = store(None);
        store.replace(json!({"library": {"open": false}})).unwrap();
        assert_eq!(store.document().unwrap(), json!({"library": {"books": ["atlas"], "open": false}}));
        store.replace(json!({})).unwrap();
        assert_eq!(library(&store)["open"], true);
    }

    #[test]
    fn a_document_that_does_not_fit_is_rejected_with_its_path() {
        let store = store(None);
        for (document, path) in [
            (json!({"library": {"bokos": []}}), "library.bokos"),
            (json!({"library": {"books": ["a", 2]}}), "library.books[1]"),
            (json!({"libary": {}}), "libary"),
            (json!([]), "."),
        ] {
            let error = store.replace(document).unwrap_err().to_string();
            assert!(error.contains(&format!("`{path}`")), "{error}");
        }
        assert_eq!(library(&store)["books"], json!(["atlas"]));
    }

    #[test]
    fn a_failed_change_leaves_the_state_unchanged() {
        let store = store(None);
        let failed: Result<(), StoreError> = store.change("library", |state| {
            edit(state, |shelf: &mut Shelf| {
                shelf.open = false;
                Err(StoreError::Vendor("library"))
            })
        });
        assert!(failed.is_err());
        assert_eq!(library(&store)["open"], true);
    }

    #[test]
    fn the_file_is_written_after_each_change_and_read_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let change = |store: &Store| {
            store.change("library", |state| {
                edit(state, |shelf: &mut Shelf| {
                    shelf.books.push("globe".to_owned());
                    Ok::<_, StoreError>(())
                })
            })
        };
        change(&store(Some(file.clone()))).unwrap();
        let seed = folder.path().join("seed.json");
        fs::write(&seed, r#"{"library": {"books": []}}"#).unwrap();
        let reopened = Store::open(VENDORS.iter().collect(), Some(&seed), Some(file)).unwrap();
        assert_eq!(library(&reopened)["books"], json!(["atlas", "globe"]), "the state file wins over the seed");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn a_change_that_cannot_be_written_to_the_file_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(Some(folder.path().join("state.json")));
        folder.close().unwrap();
        let error = store.replace(json!({"library": {"open": false}})).unwrap_err().to_string();
        assert!(error.contains("cannot write") && error.contains("state.json"), "{error}");
        assert_eq!(library(&store)["open"], true);
    }
}
