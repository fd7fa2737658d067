//! Lists in pages: how a pass ends, and what becomes of rows that move while the list is read.

use std::collections::VecDeque;

use async_trait::async_trait;
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::http::{CachePolicy, Error, Kind, List, Page, PageRequest, PageSource, Pages};

/// How a source names the position.
#[derive(Clone, Copy)]
enum By {
    Offset,
    Number,
    Token,
}

/// A list of numbers, each its own key.
#[derive(Clone)]
struct Numbers {
    client: Client,
    by: By,
}

#[async_trait]
impl PageSource for Numbers {
    type Row = u32;

    fn noun(&self) -> &'static str {
        "numbers"
    }

    fn key(&self, row: &u32) -> String {
        row.to_string()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<u32>, Error> {
        #[derive(Deserialize)]
        struct Body {
            rows: Vec<u32>,
            total: Option<usize>,
            next: Option<String>,
        }
        let request = self.client.get("/numbers").operation("listing the numbers");
        let request = match self.by {
            By::Offset => request.query(&json!({"limit": 100, "offset": at.offset})),
            By::Number => request.query(&json!({"page": at.index + 1})),
            By::Token => request.query(&json!({"token": at.token})),
        };
        let response = request.shared("numbers").page(at).send().await?;
        let Body { rows, total, next } = response.json()?;
        let page = Page::new(rows, response).with_total(total);
        Ok(if matches!(self.by, By::Token) { page.with_next_token(next) } else { page })
    }
}

fn pages(server: &Server, by: By) -> Pages<Numbers> {
    Pages::new(Numbers { client: server.client(), by }, CachePolicy::UseCached)
}

/// The whole list.
async fn list(client: &Client, by: By, policy: CachePolicy) -> Result<Arc<List<u32>>, Error> {
    client.list("numbers", Numbers { client: client.clone(), by }, policy).await
}

/// The whole list, read by a client of its own.
async fn all(server: &Server, by: By) -> Result<Vec<u32>, Error> {
    list(&server.client(), by, CachePolicy::UseCached).await.map(|list| list.to_vec())
}

/// The number that a query has under this name.
fn number(seen: &Seen, name: &str) -> Option<usize> {
    let url = Url::parse("http://x").unwrap().join(&seen.path).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.parse().unwrap())
}

/// A vendor with a list that shrinks or grows: before each request it becomes what `versions` has next; the last one stays.
/// A page has at most `cap` rows.
async fn vendor(versions: Vec<Vec<u32>>, cap: usize, with_total: bool) -> Server {
    let versions = Mutex::new(VecDeque::from(versions));
    Server::start(move |seen, _| {
        let mut versions = versions.lock().unwrap();
        let list = if versions.len() > 1 { versions.pop_front().unwrap() } else { versions[0].clone() };
        let skip = number(seen, "offset").or_else(|| Some((number(seen, "page")? - 1) * cap)).unwrap_or_default();
        let rows: Vec<_> = list.iter().skip(skip).take(cap).collect();
        let total = with_total.then_some(list.len());
        reply(200).json(&json!({"rows": rows, "total": total}))
    })
    .await
}

fn without(row: u32, rows: std::ops::Range<u32>) -> Vec<u32> {
    rows.filter(|other| *other != row).collect()
}

#[tokio::test]
async fn a_page_begins_after_the_rows_that_were_received() {
    // The vendor returns at most 50 rows, where 100 are requested.
    let server = vendor(vec![(0..120).collect()], 50, true).await;
    assert_eq!(all(&server, By::Offset).await.unwrap(), (0..120).collect::<Vec<_>>());
    let offsets: Vec<_> = server.seen().iter().map(|seen| number(seen, "offset").unwrap()).collect();
    assert_eq!(offsets, [0, 50, 100], "the total saves a request");
}

#[tokio::test]
async fn without_a_total_the_list_ends_at_an_empty_page() {
    for by in [By::Offset, By::Number] {
        let server = vendor(vec![(0..120).collect()], 50, false).await;
        assert_eq!(all(&server, by).await.unwrap(), (0..120).collect::<Vec<_>>());
        assert_eq!(server.count(), 4);
    }
}

#[tokio::test]
async fn a_list_that_shrinks_is_read_again_and_no_row_is_missed() {
    for by in [By::Offset, By::Number] {
        // Row 3 is deleted between the first two requests, so row 100 moves to the first page.
        let versions = || vec![(0..150).collect(), without(3, 0..150)];
        let server = vendor(versions(), 100, true).await;
        assert_eq!(all(&server, by).await.unwrap(), without(3, 0..150));
        assert_eq!(server.count(), 4, "one page, the page that shows the change, and a complete pass");

        let server = vendor(versions(), 100, true).await;
        let (mut pages, mut rows) = (pages(&server, by), Vec::new());
        while let Some(page) = pages.next().await.unwrap() {
            rows.extend(page);
        }
        assert_eq!(rows.len(), 150, "row 3 was there, and each row is returned once");
        assert!(rows.contains(&100));
    }
}

#[tokio::test]
async fn a_row_that_is_missing_without_a_smaller_total_is_noticed() {
    // The page after the last row is empty although the total promises another row.
    let partial = [json!({"rows": [1, 2], "total": 3}), json!({"rows": [], "total": 3})];
    let whole = json!({"rows": [1, 2, 3], "total": 3});
    let server = Server::script([&partial[0], &partial[1], &whole].map(|body| reply(200).json(body))).await;
    assert_eq!(all(&server, By::Offset).await.unwrap(), [1, 2, 3]);

    let server = Server::start(move |seen, _| reply(200).json(&partial[usize::from(number(seen, "offset") > Some(0))]));
    let server = server.await;
    let error = all(&server, By::Offset).await.unwrap_err();
    assert!(error.to_string().contains("its total was 3, and its pages had 2 of them"), "{error}");
    assert_eq!(server.count(), 10, "five passes");
}

#[tokio::test]
async fn rows_that_are_added_meanwhile_are_no_reason_to_read_again() {
    let added_in_front = std::iter::once(999).chain(0..150).collect();
    let server = vendor(vec![(0..150).collect(), added_in_front], 100, true).await;
    assert_eq!(all(&server, By::Offset).await.unwrap(), (0..150).collect::<Vec<_>>());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_list_that_never_stops_shrinking_is_an_error() {
    let shrinking = (0..40).map(|n| (n..150).collect()).collect();
    let server = vendor(shrinking, 100, true).await;
    let error = all(&server, By::Offset).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Decode);
    assert!(error.to_string().contains("the list of numbers could not be read completely"), "{error}");
    assert_eq!(server.count(), 10);
}

#[tokio::test]
async fn a_vendor_that_ignores_the_position_is_an_error_and_no_endless_loop() {
    for total in [None, Some(3)] {
        for by in [By::Offset, By::Number, By::Token] {
            let server = Server::script([reply(200).json(&json!({"rows": [1, 2], "total": total, "next": "a"}))]).await;
            let read = tokio::time::timeout(Duration::from_secs(10), all(&server, by));
            let error = read.await.expect("the loop ends").unwrap_err().to_string();
            assert!(error.contains("page 2 of the numbers repeats earlier pages"), "{error}");
            assert_eq!(server.count(), 2);
        }
    }
}

#[tokio::test]
async fn a_list_by_token_ends_where_there_is_no_next_one() {
    let server = Server::start(|seen, number| match number {
        0 => reply(200).json(&json!({"rows": [1], "next": "a"})),
        // An empty page is no end where a token follows.
        1 if seen.path.ends_with("?token=a") => reply(200).json(&json!({"rows": [], "next": "b"})),
        2 if seen.path.ends_with("?token=b") => reply(200).json(&json!({"rows": [2]})),
        _ => reply(500),
    })
    .await;
    assert_eq!(all(&server, By::Token).await.unwrap(), [1, 2]);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn pages_are_requested_as_they_are_wanted() {
    let server = vendor(vec![(0..150).collect()], 100, true).await;
    let mut pages = pages(&server, By::Offset);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 100);
    assert_eq!((server.count(), pages.total(), pages.is_finished()), (1, Some(150), false));
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 50);
    assert_eq!((server.count(), pages.is_finished()), (2, true));
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test]
async fn the_first_page_decides_whether_the_cache_is_used() {
    let server = vendor(vec![(0..150).collect()], 100, true).await;
    let client = server.client();
    for (policy, requests) in [
        (CachePolicy::UseCached, 2),
        (CachePolicy::UseCached, 2),
        (CachePolicy::Refresh, 4),
        (CachePolicy::UseCached, 4),
        (CachePolicy::RefreshAfterWrite, 6),
    ] {
        list(&client, By::Offset, policy).await.unwrap();
        assert_eq!(server.count(), requests, "{policy:?}");
    }
}

#[tokio::test]
async fn every_page_after_a_write_is_requested_although_the_provider_is_stopping() {
    let server = vendor(vec![(0..150).collect()], 100, true).await;
    let mut settings = server.settings();
    settings.cancel = CancellationToken::new();
    // The second request has to wait for the rate.
    settings.requests_per_minute = std::num::NonZeroU32::new(600);
    settings.cancel.cancel();
    let all = list(&client(settings), By::Offset, CachePolicy::RefreshAfterWrite).await;
    assert_eq!(all.unwrap().len(), 150);
}

#[tokio::test]
async fn a_list_is_decoded_once_until_a_write_invalidates_it() {
    let server = vendor(vec![(0..150).collect()], 100, true).await;
    let client = server.client();
    let read = || list(&client, By::Offset, CachePolicy::UseCached);
    let lists = join_all((0..20).map(|_| read())).await;
    let first = lists[0].as_ref().unwrap();
    assert!(lists.iter().all(|list| Arc::ptr_eq(list.as_ref().unwrap(), first)), "they share one value");
    assert_eq!((first.get("149"), first.get("150"), server.count()), (Some(&149), None, 2));

    client.post("/other").invalidates("numbers").send().await.unwrap();
    assert!(!Arc::ptr_eq(&read().await.unwrap(), first));
    assert_eq!(server.count(), 5, "the write, and both pages");
}

#[tokio::test]
async fn a_list_that_grew_is_read_from_its_former_end() {
    let grown: Vec<u32> = (0..270).collect();
    // What the list becomes, with the requests that its read after a write takes.
    for (becomes, requests) in [
        (grown.clone(), 2),
        ((0..150).collect(), 1),
        // Somebody deleted a row.
        (without(3, 0..270), 1 + 3),
        // Rows are added in front.
        ((150..270).chain(0..150).collect(), 1 + 3),
    ] {
        let server = vendor(vec![(0..150).collect(), (0..150).collect(), becomes.clone()], 100, true).await;
        let client = server.client();
        let known = list(&client, By::Offset, CachePolicy::UseCached).await.unwrap();
        let source = Numbers { client: client.clone(), by: By::Offset };
        let read = client.list_after_write("numbers", source.clone(), Some(&known)).await.unwrap();
        assert_eq!((read.to_vec(), server.count() - 2), (becomes, requests));
        client.list_after_write("numbers", source, Some(&read)).await.unwrap();
        assert_eq!(server.count() - 2 - requests, 1, "it is requested again");
    }
    let server = vendor(vec![(0..150).collect(), (0..150).collect(), (0..150).collect(), grown], 100, false).await;
    let client = server.client();
    let known = list(&client, By::Offset, CachePolicy::UseCached).await.unwrap();
    let source = Numbers { client: client.clone(), by: By::Offset };
    assert_eq!(
        client.list_after_write("numbers", source, Some(&known)).await.unwrap().len(),
        270,
        "without a total too"
    );
}
