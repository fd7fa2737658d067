//! The state of all vendors, each of the type that its stand-in uses, behind one lock.
//!
//! From outside it is one JSON document `{"<vendor>": {...}}`, which a test can read, change and put back. The accounts of the
//! tenants follow as `{"tenants": {"<tenant>": {"<vendor>": {...}}}}`, if there are tenants. The document is read into
//! the vendors' types when it comes in, so that a misspelt key is rejected at once. A handler that reads shares the state;
//! one that writes copies the state of its own account, and no handler waits while it holds the lock.

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
    /// Returns the state of a new tenant at the same deployment as this account: credentials and ids of its own, and no object
    /// of this account. `number` counts from 1.
    #[must_use]
    fn of_tenant(&self, name: &str, number: usize) -> Self;

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
    of_tenant: fn(&AnyState, &str, usize) -> Result<AnyState, StoreError>,
}

impl StateType {
    /// The type `S`. What a document leaves out takes its default; an error names the key that does not fit.
    pub const fn of<S: State>() -> Self {
        Self { read: from_document::<S>, write: to_document::<S>, of_tenant: of_tenant::<S> }
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

fn of_tenant<S: State>(state: &AnyState, name: &str, number: usize) -> Result<AnyState, StoreError> {
    Ok(Arc::new(typed::<S>(state)?.of_tenant(name, number)))
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

/// The key of the tenants in the document, beside those of the vendors.
const TENANTS: &str = "tenants";

/// The number of an account: 0 is the first one, which has no tenant, and the tenants count from 1.
pub type Account = usize;

/// The states by account and vendor.
type States = BTreeMap<(Account, &'static str), AnyState>;

/// The states, and the file in which they are kept if there is one.
pub(super) struct Store {
    vendors: Vec<&'static StandIn>,
    tenants: Vec<Arc<str>>,
    file: Option<PathBuf>,
    states: Mutex<States>,
}

impl Store {
    /// Opens the state file if it exists; otherwise begins from the seed, or from the vendors' initial states.
    pub(super) fn open(
        vendors: Vec<&'static StandIn>,
        tenants: Vec<Arc<str>>,
        seed: Option<&Path>,
        file: Option<PathBuf>,
    ) -> Result<Self, StoreError> {
        let source = file.as_deref().filter(|path| path.exists()).or(seed);
        let given = source.map_or_else(|| Ok(Value::Object(Map::new())), read_json)?;
        let store = Self { vendors, tenants, file, states: Mutex::default() };
        store.replace(given)?;
        Ok(store)
    }

    /// The names of the tenants, the first of which has account 1.
    pub(super) fn tenants(&self) -> &[Arc<str>] {
        &self.tenants
    }

    /// The name of the tenant that an account is of.
    pub(super) fn tenant_of(&self, account: Account) -> Option<&Arc<str>> {
        self.tenants.get(account.checked_sub(1)?)
    }

    /// The whole document.
    pub(super) fn document(&self) -> Result<Value, StoreError> {
        let states = self.lock().clone();
        self.write_all(&states)
    }

    /// One vendor's part of the document: that of the first account.
    pub(super) fn part(&self, vendor: &'static StandIn) -> Result<Value, StoreError> {
        (vendor.state.write)(&self.state(vendor.name, 0)?)
    }

    /// The state of an account.
    pub(super) fn state(&self, vendor: &'static str, account: Account) -> Result<AnyState, StoreError> {
        self.lock().get(&(account, vendor)).cloned().ok_or(StoreError::Vendor(vendor))
    }

    /// Replaces the whole document. What it leaves out takes its initial value.
    pub(super) fn replace(&self, document: Value) -> Result<(), StoreError> {
        let states = self.read_all(document)?;
        self.keep(&mut self.lock(), states)
    }

    /// Replaces one vendor's part of the document. What it leaves out takes its initial value.
    pub(super) fn replace_part(&self, vendor: &'static StandIn, part: Value) -> Result<(), StoreError> {
        let next = (vendor.state.read)(part)?;
        self.change(vendor.name, 0, |state| {
            *state = next;
            Ok(())
        })
    }

    /// Changes the state of an account as a transaction: when `change` or the writing of the file fails, nothing changes.
    pub(super) fn change<T, E: From<StoreError>>(
        &self,
        vendor: &'static str,
        account: Account,
        change: impl FnOnce(&mut AnyState) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut states = self.lock();
        let mut next = states.clone();
        let result = change(next.get_mut(&(account, vendor)).ok_or(StoreError::Vendor(vendor))?)?;
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
        let mut document = self.write_account(states, 0)?;
        if !self.tenants.is_empty() {
            let tenant = |(account, name): (Account, &Arc<str>)| {
                Ok((name.to_string(), Value::Object(self.write_account(states, account)?)))
            };
            let tenants: Map<_, _> = (1..).zip(&self.tenants).map(tenant).collect::<Result<_, StoreError>>()?;
            document.insert(TENANTS.to_owned(), Value::Object(tenants));
        }
        Ok(Value::Object(document))
    }

    fn write_account(&self, states: &States, account: Account) -> Result<Map<String, Value>, StoreError> {
        let mut document = Map::new();
        for vendor in &self.vendors {
            let state = states.get(&(account, vendor.name)).ok_or(StoreError::Vendor(vendor.name))?;
            document.insert(vendor.name.to_owned(), (vendor.state.write)(state)?);
        }
        Ok(document)
    }

    fn read_all(&self, document: Value) -> Result<States, StoreError> {
        let mut given = members(document, "a key for each vendor")?;
        let of_tenants = given.remove(TENANTS).unwrap_or_else(|| Value::Object(Map::new()));
        let mut states = States::new();
        for vendor in &self.vendors {
            let part = given.remove(vendor.name).unwrap_or_else(|| Value::Object(Map::new()));
            states.insert((0, vendor.name), (vendor.state.read)(part).map_err(|error| below(vendor.name, error))?);
        }
        refuse_unknown(&given, self.vendors.iter().map(|vendor| vendor.name), "vendor")?;
        let mut of_tenants = members(of_tenants, "a key for each tenant").map_err(|error| below(TENANTS, error))?;
        for (account, tenant) in (1..).zip(&self.tenants) {
            let given = of_tenants.remove(&**tenant).unwrap_or_else(|| Value::Object(Map::new()));
            self.read_tenant(&mut states, account, given)
                .map_err(|error| below(&format!("{TENANTS}.{tenant}"), error))?;
        }
        refuse_unknown(&of_tenants, self.tenants.iter().map(AsRef::as_ref), "tenant")
            .map_err(|error| below(TENANTS, error))?;
        Ok(states)
    }

    /// Reads a tenant's part of a document. What it leaves out is as in a new tenant, with the tenant's own credentials.
    fn read_tenant(&self, states: &mut States, account: Account, document: Value) -> Result<(), StoreError> {
        let mut given = members(document, "a key for each vendor")?;
        for vendor in &self.vendors {
            let (Some(first), Some(name)) = (states.get(&(0, vendor.name)), self.tenant_of(account)) else { continue };
            let mut state = (vendor.state.of_tenant)(first, name, account)?;
            if let Some(part) = given.remove(vendor.name) {
                let mut whole = (vendor.state.write)(&state)?;
                if let Value::Object(whole) = &mut whole {
                    whole.extend(members(part, "the members of a state").map_err(|error| below(vendor.name, error))?);
                }
                state = (vendor.state.read)(whole).map_err(|error| below(vendor.name, error))?;
            }
            states.insert((account, vendor.name), state);
        }
        refuse_unknown(&given, self.vendors.iter().map(|vendor| vendor.name), "vendor")
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

/// The members of an object of the document.
fn members(document: Value, expected: &str) -> Result<Map<String, Value>, StoreError> {
    match document {
        Value::Object(members) => Ok(members),
        _ => Err(StoreError::Shape { at: ".".to_owned(), reason: format!("expected an object with {expected}") }),
    }
}

/// Rejects what is left of a document after everything known was removed from it.
fn refuse_unknown<'n>(
    left: &Map<String, Value>,
    known: impl Iterator<Item = &'n str>,
    what: &str,
) -> Result<(), StoreError> {
    let Some(unknown) = left.keys().next() else { return Ok(()) };
    let known: Vec<_> = known.collect();
    let reason = match known[..] {
        [] => format!("there are no {what}s; `--tenants` adds them"),
        _ => format!("no such {what}; there are {}", known.join(", ")),
    };
    Err(StoreError::Shape { at: unknown.clone(), reason })
}

/// Prefixes the path at which a state does not fit with the name of what it is in.
fn below(name: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Shape { at, reason } if at == "." => StoreError::Shape { at: name.to_owned(), reason },
        StoreError::Shape { at, reason } => StoreError::Shape { at: format!("{name}.{at}"), reason },
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

    impl State for Shelf {
        fn of_tenant(&self, name: &str, number: usize) -> Self {
            Self { books: vec![format!("{name} {number}")], open: self.open }
        }
    }

    static VENDORS: [StandIn; 1] = [StandIn {
        title: "Test",
        name: "library",
        routes: Routes::new,
        state: StateType::of::<Shelf>(),
        account: |_, _| None,
        environment: |_| Ok(Vec::new()),
        error_body: |error| json!(error.message),
        expire_token: None,
        rotate_key: None,
        replay: None,
    }];

    fn store(file: Option<PathBuf>) -> Store {
        Store::open(VENDORS.iter().collect(), Vec::new(), None, file).unwrap()
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
    fn a_tenant_begins_with_its_own_state_and_keeps_what_a_document_gives() {
        let tenants = ["tenant-001", "tenant-002"].map(Arc::from).to_vec();
        let store = Store::open(VENDORS.iter().collect(), tenants, None, None).unwrap();
        let document = |given: Value| {
            store.replace(given).unwrap();
            store.document().unwrap()
        };
        let of_first = json!({"books": ["atlas"], "open": false});
        let given = json!({"library": {"open": false}, "tenants": {"tenant-002": {"library": {"books": []}}}});
        let expected = json!({
            "tenant-001": {"library": {"books": ["tenant-001 1"], "open": false}},
            "tenant-002": {"library": {"books": [], "open": false}},
        });
        assert_eq!(document(given), json!({"library": of_first, "tenants": expected}));
        assert_eq!(document(store.document().unwrap())["tenants"], expected, "what was read can be put back");
        for (given, place) in [
            (json!({"tenants": {"tenant-3": {}}}), "`tenants.tenant-3`"),
            (json!({"tenants": {"tenant-001": {"library": {"bokos": []}}}}), "`tenants.tenant-001.library.bokos`"),
            (json!({"tenants": []}), "`tenants`"),
        ] {
            let error = store.replace(given).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
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
        let failed: Result<(), StoreError> = store.change("library", 0, |state| {
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
            store.change("library", 0, |state| {
                edit(state, |shelf: &mut Shelf| {
                    shelf.books.push("globe".to_owned());
                    Ok::<_, StoreError>(())
                })
            })
        };
        change(&store(Some(file.clone()))).unwrap();
        let seed = folder.path().join("seed.json");
        fs::write(&seed, r#"{"library": {"books": []}}"#).unwrap();
        let reopened = Store::open(VENDORS.iter().collect(), Vec::new(), Some(&seed), Some(file)).unwrap();
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
