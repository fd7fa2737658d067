//! The rules of certainty against a vendor that lives in memory.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::future::join_all;
use jiff::SignedDuration;

use super::*;
use crate::http::Kind;

/// A row: its id, its name, and when it was created.
type Row = (u32, &'static str, Option<Timestamp>);

#[derive(Default)]
struct Vendor {
    rows: Mutex<Vec<Row>>,
    reads: AtomicUsize,
    creates: Creates<Row>,
}

struct Search<'v> {
    vendor: &'v Vendor,
    name: &'static str,
}

#[async_trait]
impl Lookup for Search<'_> {
    type Row = Row;

    fn noun(&self) -> Noun<'_> {
        Noun { vendor: "Acme", kind: "thing", name: self.name, type_name: "acme_thing", console: "the console" }
    }

    async fn rows(&self, _: Option<&List<Row>>) -> Result<Arc<List<Row>>, Diagnostics> {
        self.vendor.reads.fetch_add(1, Ordering::Relaxed);
        let rows = self.vendor.rows.lock().unwrap().clone();
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(Arc::new(List::new(rows, |row| row.0.to_string())))
    }

    fn id(&self, row: &Row) -> String {
        row.0.to_string()
    }

    fn matches(&self, row: &Row) -> bool {
        row.1 == self.name
    }

    fn created_at(&self, row: &Row) -> Option<Timestamp> {
        row.2
    }

    fn vendor_time(&self) -> Option<Timestamp> {
        Some(Timestamp::now())
    }
}

/// A response that cannot be read, after the write was applied.
fn garbage() -> Error {
    Error::new(Kind::Decode, "Acme", "creating the thing", "the response cannot be read")
}

impl Vendor {
    fn has(rows: &[Row]) -> Self {
        Self { rows: Mutex::new(rows.to_vec()), ..Self::default() }
    }

    /// Creates a thing whose response is lost. `applied` are the rows that are there afterwards.
    async fn lose(&self, name: &'static str, applied: &[Row]) -> Result<Created<Row>, String> {
        let send = async {
            self.rows.lock().unwrap().extend(applied);
            Err(garbage())
        };
        let result = self.creates.create(&Search { vendor: self, name }, IfPresent::Create, send).await;
        result.map_err(|failure| Diagnostics::from(failure).details())
    }
}

fn ago(seconds: i64) -> Option<Timestamp> {
    Timestamp::now().checked_sub(SignedDuration::from_secs(seconds)).ok()
}

#[tokio::test(start_paused = true)]
async fn a_create_with_an_id_in_its_response_reads_nothing() {
    let vendor = Vendor::default();
    let search = Search { vendor: &vendor, name: "a" };
    let created = vendor.creates.create(&search, IfPresent::Create, async { Ok((1, "a", None)) }).await.unwrap();
    assert!(created.row.0 == 1 && created.warning.is_none());
    assert_eq!(vendor.reads.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_finds_the_row_that_was_created_since() {
    let vendor = Vendor::has(&[(1, "b", ago(0))]);
    let created = vendor.lose("a", &[(2, "a", ago(0))]).await.unwrap();
    assert_eq!(created.row.0, 2);
    assert_eq!(created.warning.unwrap().summary, "The thing \"a\" was created despite an error");
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_there_before_is_never_adopted() {
    let vendor = Vendor::has(&[(1, "a", ago(3600))]);
    let error = vendor.lose("a", &[]).await.unwrap_err();
    assert!(error.contains("most likely it was not created"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_row_without_a_creation_time_is_ambiguous() {
    let vendor = Vendor::has(&[(7, "a", None)]);
    let error = vendor.lose("a", &[]).await.unwrap_err();
    assert!(error.contains("It is not certain") && error.contains("id = \"7\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn two_new_rows_are_ambiguous_and_both_are_named() {
    let vendor = Vendor::default();
    let error = vendor.lose("a", &[(1, "a", ago(0)), (2, "a", ago(0))]).await.unwrap_err();
    assert!(error.contains("id = \"1\"") && error.contains("id = \"2\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_row_that_another_create_received_is_not_ours() {
    let vendor = Vendor::default();
    let search = Search { vendor: &vendor, name: "a" };
    let other = vendor.creates.create(&search, IfPresent::Create, async {
        vendor.rows.lock().unwrap().push((1, "a", ago(0)));
        // The response arrives after the lost one of the create below.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok((1, "a", ago(0)))
    });
    let (other, lost) = tokio::join!(other, vendor.lose("a", &[]));
    assert_eq!(other.unwrap().row.0, 1);
    assert!(lost.unwrap_err().contains("most likely it was not created"));
}

#[tokio::test(start_paused = true)]
async fn two_lost_responses_never_share_a_row() {
    let vendor = Vendor::default();
    let applied = [(1, "a", ago(0))];
    let (first, second) = tokio::join!(vendor.lose("a", &applied), vendor.lose("a", &[]));
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1);
}

/// Creates things whose responses have no id, all at once.
async fn create_all(vendor: &Vendor, names: &[&'static str]) -> Vec<Result<u32, String>> {
    let create = |(position, name): (usize, &&'static str)| {
        let name = *name;
        async move {
            let send = async {
                tokio::time::sleep(Duration::from_millis(50 + u64::try_from(position).unwrap())).await;
                vendor.rows.lock().unwrap().push((u32::try_from(position).unwrap() + 100, name, None));
                Ok(())
            };
            let search = Search { vendor, name };
            let created = vendor.creates.create_without_id(&search, name, IfPresent::Refuse, send).await;
            created
                .map(|created| created.row.0)
                .map_err(|failure| Diagnostics::from(failure).iter().map(|error| error.summary.clone()).collect())
        }
    };
    join_all(names.iter().enumerate().map(create)).await
}

/// On the real clock: the creates end at different times, and the read after the last of them serves all.
#[tokio::test]
async fn creates_without_an_id_share_one_list_before_and_one_after() {
    let vendor = Vendor::default();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let created = create_all(&vendor, &names).await;
    let expected: Vec<_> = (100..110).map(Ok).collect();
    assert_eq!(created, expected);
    assert_eq!(vendor.reads.load(Ordering::Relaxed), 2);
}

/// A hundred creates, ten at a time, which begin one after the other as those of Terraform do.
#[tokio::test(start_paused = true)]
async fn creates_without_an_id_that_run_ten_at_a_time_share_a_list_in_tens() {
    let (vendor, terraform) = (Vendor::default(), tokio::sync::Mutex::new(()));
    let create = |number: u32| {
        let (vendor, terraform, name) = (&vendor, &terraform, &*number.to_string().leak());
        async move {
            let begins = terraform.lock().await;
            tokio::time::sleep(Duration::from_millis(8)).await;
            drop(begins);
            let send = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                vendor.rows.lock().unwrap().push((number, name, None));
                Ok(())
            };
            let search = Search { vendor, name };
            vendor.creates.create_without_id(&search, name, IfPresent::Refuse, send).await.unwrap().row.0
        }
    };
    let mut created: Vec<u32> = futures_util::stream::iter(0..100).map(create).buffer_unordered(10).collect().await;
    created.sort_unstable();
    assert_eq!(created, (0..100).collect::<Vec<_>>());
    let reads = vendor.reads.load(Ordering::Relaxed);
    assert!(reads <= 14, "{reads} reads for a hundred creates, ten at a time");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_there_is_refused_and_one_that_is_declared_twice_is_named_so() {
    let vendor = Vendor::has(&[(1, "a", None)]);
    let created = create_all(&vendor, &["a", "b", "b"]).await;
    assert_eq!(created[0], Err("The thing \"a\" already exists".to_owned()));
    assert_eq!(created[1], Ok(101));
    assert_eq!(created[2], Err("The thing \"b\" is declared twice".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_update_is_confirmed_only_if_a_read_shows_it() {
    let noun = Noun { vendor: "Acme", kind: "thing", name: "a", type_name: "acme_thing", console: "the console" };
    let read = |value: u8| move || async move { Ok::<_, Diagnostics>(value) };
    let confirmed = confirm(&noun, "updated", garbage(), read(2), |value| *value == 2, "Apply again.").await.unwrap();
    assert_eq!(
        (confirmed.value, confirmed.warning.summary.as_str()),
        (2, "The thing \"a\" was updated despite an error")
    );
    let error = confirm(&noun, "updated", garbage(), read(1), |value| *value == 2, "Apply again.").await.unwrap_err();
    assert!(error.details().contains("was not updated"), "{}", error.details());
}

impl Vendor {
    /// Creates a thing whose response has this id. Returns the id and the summary of the warning about others, or the error.
    async fn create(&self, name: &'static str, id: u32, if_present: IfPresent) -> Result<(u32, String), String> {
        let search = Search { vendor: self, name };
        let send = async {
            self.rows.lock().unwrap().push((id, name, ago(0)));
            Ok((id, name, ago(0)))
        };
        match self.creates.create(&search, if_present, send).await {
            Ok(created) => Ok((created.row.0, created.present.map(|warning| warning.summary).unwrap_or_default())),
            Err(failure) => Err(Diagnostics::from(failure).details()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_recent_object_that_a_killed_apply_may_have_left_is_a_warning() {
    for created_at in [ago(60), None] {
        let vendor = Vendor::has(&[(1, "a", created_at), (2, "b", ago(60))]);
        let created = vendor.create("a", 3, IfPresent::WarnRecent).await.unwrap();
        assert_eq!(created, (3, "The thing \"a\" may exist twice".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_from_long_ago_or_of_this_apply_is_no_warning() {
    let vendor = Vendor::has(&[(1, "a", ago(3600))]);
    for id in 2..12 {
        assert_eq!(vendor.create("a", id, IfPresent::WarnRecent).await, Ok((id, String::new())));
    }
    assert_eq!(vendor.reads.load(Ordering::Relaxed), 1, "one read serves all creates");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_this_apply_has_deleted_is_no_warning() {
    let vendor = Vendor::has(&[(1, "a", ago(60))]);
    vendor.create("b", 2, IfPresent::WarnRecent).await.unwrap();
    vendor.rows.lock().unwrap().retain(|row| row.0 != 1);
    assert_eq!(vendor.create("a", 3, IfPresent::WarnRecent).await, Ok((3, String::new())));
}
