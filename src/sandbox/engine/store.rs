//! The state of all vendors: one JSON document `{"<vendor>": {...}}` behind a lock.
//!
//! It is a document and not typed tables because a test must be able to read it, change it and put it back. Each vendor
//! says by its `state` function what fits, so that a document with a misspelt key is refused when it comes in and not
//! half understood later.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{StandIn, file::write_atomically};

/// Why a state could not be read, kept or understood.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The document does not have the shape that the vendor's stand-in keeps.
    #[error("the state does not fit at `{at}`: {reason}; `GET /state` on the control port shows the shape")]
    Shape {
        /// Where in the document, as a path such as `webhooks[2].url`.
        at: String,
        /// What was expected there and what was found.
        reason: String,
    },
    /// A state or seed file could not be read or written.
    #[error("cannot {action} the state file `{}`: {source}", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system or the JSON parser said.
        source: io::Error,
    },
}

/// Completes a state of type `S` with defaults; the error names the key that does not fit.
pub fn complete<S: Serialize + DeserializeOwned>(document: Value) -> Result<Value, StoreError> {
    to_value(&read::<S>(document)?)
}

/// Changes a state in place as its type `S`.
pub fn edit<S: Serialize + DeserializeOwned>(
    document: &mut Value,
    change: impl FnOnce(&mut S),
) -> Result<(), StoreError> {
    let mut state = read(&*document)?;
    change(&mut state);
    *document = to_value(&state)?;
    Ok(())
}

/// Reads a state as its type, from a document or a reference to one; the error names the key that does not fit.
pub fn read<'d, S: Deserialize<'d>>(
    document: impl Deserializer<'d, Error = serde_json::Error>,
) -> Result<S, StoreError> {
    serde_path_to_error::deserialize(document)
        .map_err(|error| StoreError::Shape { at: error.path().to_string(), reason: error.inner().to_string() })
}

pub(super) fn to_value<S: Serialize>(state: &S) -> Result<Value, StoreError> {
    serde_json::to_value(state).map_err(|error| StoreError::Shape { at: ".".to_owned(), reason: error.to_string() })
}

/// The document, and the file it is kept in if there is one.
pub(super) struct Store {
    vendors: Vec<&'static StandIn>,
    file: Option<PathBuf>,
    document: Mutex<Map<String, Value>>,
}

impl Store {
    /// Opens the state file if it exists, else begins from the seed, else from the vendors' initial states.
    pub(super) fn open(
        vendors: Vec<&'static StandIn>,
        seed: Option<&Path>,
        file: Option<PathBuf>,
    ) -> Result<Self, StoreError> {
        let source = file.as_deref().filter(|path| path.exists()).or(seed);
        let given = source.map_or_else(|| Ok(Value::Object(Map::new())), read_json)?;
        let document = complete_all(&vendors, given)?;
        let store = Self { vendors, file, document: Mutex::new(Map::new()) };
        store.keep(&mut store.lock(), document)?;
        Ok(store)
    }

    /// A copy of the whole document.
    pub(super) fn document(&self) -> Value {
        Value::Object(self.lock().clone())
    }

    /// A copy of one vendor's state; null for a vendor that is not served.
    pub(super) fn part(&self, vendor: &str) -> Value {
        self.lock().get(vendor).cloned().unwrap_or_default()
    }

    /// Replaces the whole document. What it leaves out takes its initial value.
    pub(super) fn replace(&self, document: Value) -> Result<(), StoreError> {
        let document = complete_all(&self.vendors, document)?;
        self.keep(&mut self.lock(), document)
    }

    /// Changes one vendor's state as a transaction: when `change` or the writing of the file fails, nothing changed.
    pub(super) fn change<T, E: From<StoreError>>(
        &self,
        vendor: &str,
        change: impl FnOnce(&mut Value) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut document = self.lock();
        let mut next = document.clone();
        let result = change(next.entry(vendor).or_insert(Value::Null))?;
        self.keep(&mut document, next)?;
        Ok(result)
    }

    /// Makes `next` the document, on disk first. Written under the lock so that the file never goes back in time.
    fn keep(&self, document: &mut Map<String, Value>, next: Map<String, Value>) -> Result<(), StoreError> {
        if *document == next {
            return Ok(());
        }
        if let Some(path) = &self.file {
            let text = format!("{:#}\n", Value::Object(next.clone()));
            write_atomically(path, text.as_bytes()).map_err(|source| StoreError::File {
                action: "write",
                path: path.clone(),
                source,
            })?;
        }
        *document = next;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Map<String, Value>> {
        // A panic elsewhere cannot leave half a document behind: `keep` replaces it as a whole.
        self.document.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_json(path: &Path) -> Result<Value, StoreError> {
    let failed = |source| StoreError::File { action: "read", path: path.to_owned(), source };
    serde_json::from_slice(&fs::read(path).map_err(failed)?).map_err(|error| failed(error.into()))
}

fn complete_all(vendors: &[&StandIn], document: Value) -> Result<Map<String, Value>, StoreError> {
    let Value::Object(mut given) = document else {
        return Err(StoreError::Shape {
            at: ".".to_owned(),
            reason: "expected an object with a key per vendor".to_owned(),
        });
    };
    let mut complete = Map::new();
    for vendor in vendors {
        let part = given.remove(vendor.name).unwrap_or_else(|| Value::Object(Map::new()));
        let part = (vendor.state)(part).map_err(|error| below(vendor.name, error))?;
        complete.insert(vendor.name.to_owned(), part);
    }
    match given.keys().next() {
        None => Ok(complete),
        Some(unknown) => {
            let known: Vec<_> = vendors.iter().map(|vendor| vendor.name).collect();
            Err(StoreError::Shape {
                at: unknown.clone(),
                reason: format!("no such vendor; there are {}", known.join(", ")),
            })
        }
    }
}

/// Puts the vendor's name in front of where its state does not fit.
fn below(vendor: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Shape { at, reason } if at == "." => StoreError::Shape { at: vendor.to_owned(), reason },
        StoreError::Shape { at, reason } => StoreError::Shape { at: format!("{vendor}.{at}"), reason },
        other @ StoreError::File { .. } => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::sandbox::engine::Routes;

    #[derive(Serialize, Deserialize)]
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

    static VENDORS: [StandIn; 1] = [StandIn {
        name: "library",
        routes: Routes::new,
        state: complete::<Shelf>,
        environment: |_, _| Ok(Vec::new()),
        error_body: |_, message| json!(message),
        expire_token: None,
        rotate_key: None,
    }];

    fn store(file: Option<PathBuf>) -> Store {
        Store::open(VENDORS.iter().collect(), None, file).unwrap()
    }

    #[test]
    fn what_a_document_leaves_out_takes_its_initial_value() {
        let store = store(None);
        store.replace(json!({"library": {"open": false}})).unwrap();
        assert_eq!(store.document(), json!({"library": {"books": ["atlas"], "open": false}}));
        store.replace(json!({})).unwrap();
        assert_eq!(store.part("library")["open"], true);
    }

    #[test]
    fn a_document_that_does_not_fit_is_refused_with_its_place() {
        let store = store(None);
        for (document, place) in [
            (json!({"library": {"bokos": []}}), "library.bokos"),
            (json!({"library": {"books": ["a", 2]}}), "library.books[1]"),
            (json!({"libary": {}}), "libary"),
            (json!([]), "."),
        ] {
            let error = store.replace(document).unwrap_err().to_string();
            assert!(error.contains(&format!("`{place}`")), "{error}");
        }
        assert_eq!(store.part("library")["books"], json!(["atlas"]));
    }

    #[test]
    fn a_change_that_fails_changes_nothing() {
        let store = store(None);
        let failed: Result<(), StoreError> = store.change("library", |state| {
            state["open"] = json!(false);
            Err(StoreError::Shape { at: String::new(), reason: String::new() })
        });
        assert!(failed.is_err());
        assert_eq!(store.part("library")["open"], true);
    }

    #[test]
    fn the_file_is_written_after_each_change_and_read_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let change = |store: &Store| {
            store.change("library", |state| edit::<Shelf>(state, |shelf| shelf.books.push("globe".to_owned())))
        };
        change(&store(Some(file.clone()))).unwrap();
        let seed = folder.path().join("seed.json");
        fs::write(&seed, r#"{"library": {"books": []}}"#).unwrap();
        let reopened = Store::open(VENDORS.iter().collect(), Some(&seed), Some(file)).unwrap();
        assert_eq!(reopened.part("library")["books"], json!(["atlas", "globe"]), "the state file wins over the seed");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn when_the_file_cannot_be_written_nothing_changed() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(Some(folder.path().join("state.json")));
        folder.close().unwrap();
        let error = store.replace(json!({"library": {"open": false}})).unwrap_err().to_string();
        assert!(error.contains("cannot write") && error.contains("state.json"), "{error}");
        assert_eq!(store.part("library")["open"], true);
    }
}
