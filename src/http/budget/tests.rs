//! Tests of the files, their content and the reservations, with several budgets in one process.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::time::Instant;
use url::Url;

use super::seal::Seal;
use super::shared::Content;
use super::*;
use crate::secret::Secret;

const PER_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();

fn url() -> Url {
    Url::parse("https://api.example.test").unwrap()
}

/// A folder of budgets below a temporary one.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("budgets")
    }

    fn budget<C: Content>(&self) -> Shared<C> {
        self.budget_of("hunter2-of-this-test")
    }

    fn budget_of<C: Content>(&self, credential: &str) -> Shared<C> {
        let (url, credential) = (url(), Secret::from(credential));
        let owner = Owner { what: "limits", vendor: "Acme", url: &url, credential: &credential };
        Shared::new("Acme", Some(self.folder()), Some(&owner))
    }

    /// The files, by name.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).map(|found| found.map(|file| file.unwrap().file_name()).collect());
        let names: Vec<std::ffi::OsString> = entries.unwrap_or_default();
        names.into_iter().map(|name| name.into_string().unwrap()).collect()
    }

    /// The file with the content.
    fn content(&self) -> PathBuf {
        let name = self.files().into_iter().find(|name| !name.contains('.')).unwrap();
        self.folder().join(name)
    }
}

fn claim() -> Claim<'static> {
    Claim { per_minute: Some(PER_MINUTE), headroom: 0, endpoint: None, seen: None }
}

async fn reserve(budget: &Shared<Ledger>, claim: &Claim<'_>) -> Reserved {
    budget.change(|ledger, now| ledger.reserve(now, claim)).await
}

/// How long a reservation has to wait.
async fn wait(budget: &Shared<Ledger>, claim: &Claim<'_>) -> Duration {
    match reserve(budget, claim).await {
        Reserved::At(start) => until(start),
        Reserved::NotBefore(wait) => panic!("nothing is reserved for {wait:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn three_processes_never_send_more_than_the_limit_in_any_minute() {
    let place = Place::new();
    let budgets: [Shared<Ledger>; 3] = std::array::from_fn(|_| place.budget());
    let starts = std::sync::Mutex::new(Vec::new());
    let run = |budget| {
        let starts = &starts;
        async move {
            for _ in 0..40 {
                tokio::time::sleep(wait(budget, &claim()).await).await;
                starts.lock().unwrap().push(Instant::now());
            }
        }
    };
    tokio::join!(run(&budgets[0]), run(&budgets[1]), run(&budgets[2]));
    let mut starts = starts.into_inner().unwrap();
    starts.sort();
    let window = usize::try_from(PER_MINUTE.get()).unwrap();
    let tightest = starts.windows(window + 1).map(|w| w[window] - w[0]).min().unwrap();
    assert!(tightest >= Duration::from_millis(59_999), "one more within {tightest:?}");
    let took = *starts.last().unwrap() - starts[0];
    assert!(took < 5 * MINUTE, "120 at 30 a minute took {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_start_is_reserved_in_the_order_of_the_calls() {
    let place = Place::new();
    let (one, other) = (place.budget::<Ledger>(), place.budget::<Ledger>());
    let mut earlier = Duration::ZERO;
    for budget in [&one, &one, &other, &one, &other, &other].into_iter().cycle().take(24) {
        let wait = wait(budget, &claim()).await;
        assert!(wait >= earlier, "{wait:?} after {earlier:?}");
        earlier = wait;
    }
    assert!(earlier > Duration::from_secs(40), "{earlier:?}");
    // Nobody reserves more than a minute ahead.
    let refused = std::iter::repeat_with(|| ()).take(20);
    let mut last = Reserved::At(Moment::default());
    for () in refused {
        last = reserve(&one, &claim()).await;
    }
    assert!(matches!(last, Reserved::NotBefore(_)), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_rest_does_not_use_up_the_rate_of_the_client() {
    let budget = Place::new().budget::<Ledger>();
    let ten = NonZeroU32::new(10).unwrap();
    let of_endpoint = Claim { endpoint: Some(("/usage", ten)), ..claim() };
    assert_eq!(wait(&budget, &of_endpoint).await, Duration::ZERO);
    for _ in 0..50 {
        assert!(matches!(reserve(&budget, &of_endpoint).await, Reserved::NotBefore(_)));
    }
    assert_eq!(wait(&budget, &claim()).await, Duration::ZERO, "another endpoint is free");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_one_process_sees_counts_for_all() {
    let place = Place::new();
    let (one, other) = (place.budget::<Ledger>(), place.budget::<Ledger>());
    let (ten, much) = (NonZeroU32::new(10).unwrap(), NonZeroU32::new(600).unwrap());
    let documented = Claim { per_minute: None, headroom: 0, endpoint: Some(("/usage", ten)), seen: None };
    assert_eq!(wait(&one, &documented).await, Duration::ZERO);
    assert!(!wait(&one, &documented).await.is_zero(), "ten a minute are one at a time");
    let seen = Claim { seen: Some(much), ..documented };
    let mut at_once = 0;
    while wait(if at_once % 2 == 0 { &one } else { &other }, &seen).await.is_zero() {
        at_once += 1;
    }
    assert!((58..=60).contains(&at_once), "a tenth of the limit at once: {at_once}");
    let unseen = Claim { seen: None, ..seen };
    let half = Claim { headroom: 50, ..unseen };
    let lowest = |claim: &Claim<'_>| other.glance(|ledger| ledger.lowest(claim)).map(NonZeroU32::get);
    assert_eq!([lowest(&unseen), lowest(&half)], [Some(600), Some(300)]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_and_a_learned_rate_of_one_process_count_for_all() {
    let place = Place::new();
    let (one, other) = (place.budget::<Ledger>(), place.budget::<Ledger>());
    one.change(|ledger, now| ledger.pause(now, Duration::from_secs(20))).await;
    let left = other.change(|ledger, _| ledger.pause_left()).await.unwrap();
    assert!(left > Duration::from_secs(19), "{left:?}");
    other.change(|ledger, now| ledger.pause(now, Duration::from_secs(5))).await;
    assert!(one.change(|ledger, _| ledger.pause_left()).await.unwrap() > Duration::from_secs(19));
    tokio::time::advance(Duration::from_secs(21)).await;
    assert_eq!(one.change(|ledger, _| ledger.pause_left()).await, None);

    // Each accepts some, one is rejected, the other is the first that is accepted again.
    for _ in 0..15 {
        one.change(|ledger, now| ledger.learned.accepted(now, now)).await;
        other.change(|ledger, now| ledger.learned.accepted(now, now)).await;
    }
    assert!(one.change(|ledger, now| ledger.learned.rejected(now)).await);
    tokio::time::advance(MINUTE).await;
    let found = other.change(|ledger, now| ledger.learned.accepted(now, now)).await;
    assert_eq!(found.map(NonZeroU32::get), Some(30), "the requests of both count");
    let unlimited = Claim { per_minute: None, ..claim() };
    for _ in 0..3 {
        assert_eq!(wait(&one, &unlimited).await, Duration::ZERO);
    }
    assert!(!wait(&other, &unlimited).await.is_zero());
}

#[tokio::test(start_paused = true)]
async fn another_credential_shares_nothing() {
    let place = Place::new();
    let (one, other) = (place.budget::<Ledger>(), place.budget_of::<Ledger>("another-credential"));
    one.change(|ledger, now| ledger.pause(now, Duration::from_secs(20))).await;
    assert_eq!(other.change(|ledger, _| ledger.pause_left()).await, None);
    let names: std::collections::BTreeSet<_> =
        place.files().iter().map(|name| name.split('.').next().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_file_reveals_nothing_and_is_gone_with_the_last_process() {
    let place = Place::new();
    let (one, other) = (place.budget::<SharedToken>(), place.budget::<SharedToken>());
    let token = Secret::from("s3cret-token-of-this-test");
    one.store(&token, Instant::now(), Duration::from_secs(3600)).await;
    let received = other.token().await.unwrap();
    assert_eq!((received.secret.expose(), received.lifetime.as_secs()), (token.expose(), 3600));
    let bytes = fs::read(place.content()).unwrap();
    let text = format!("{} {:?}", String::from_utf8_lossy(&bytes), place.files());
    assert!(!text.contains("s3cret") && !text.contains("hunter2") && !text.contains("secret"), "{text}");
    #[cfg(unix)]
    for path in [place.folder(), place.content()] {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(path.metadata().unwrap().mode() & 0o077, 0, "{path:?}");
    }
    let lead = other.lead();
    assert!(matches!((&lead, one.lead()), (Lead::Alone(_), Lead::Other)));
    drop(lead);
    assert!(matches!(one.lead(), Lead::Alone(_)));
    drop(one);
    assert!(other.token().await.is_some(), "another process still uses it");
    drop(other);
    assert_eq!(place.files(), [""; 0]);
}

/// Writes a content as somebody does who knows the credential.
fn write_content(place: &Place, text: &str) {
    let credential = Secret::from("hunter2-of-this-test");
    let owner = Owner { what: "limits", vendor: "Acme", url: &url(), credential: &credential };
    fs::write(place.content(), Seal::new(&owner).unwrap().close(text.as_bytes()).unwrap()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn hostile_content_is_replaced_and_assumes_that_nothing_is_left() {
    let place = Place::new();
    let budget = place.budget::<Ledger>();
    budget.change(|_, _| ()).await;
    let valid = {
        budget.change(|ledger, now| ledger.pause(now, Duration::from_secs(30))).await;
        fs::read(place.content()).unwrap()
    };
    let mut flipped = valid.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for content in [
        flipped,
        valid[..valid.len() - 1].to_vec(),
        b"x".to_vec(),
        vec![0; 100_000],
        serde_json::to_vec(&json!({"paused_until": 1})).unwrap(),
    ] {
        fs::write(place.content(), &content).unwrap();
        assert_eq!(budget.change(|ledger, _| ledger.pause_left()).await, None);
        assert!(!wait(&budget, &claim()).await.is_zero(), "a full bucket would exceed the limit");
        assert_ne!(fs::read(place.content()).unwrap(), content);
        // The replacement is a valid one.
        assert!(wait(&place.budget::<Ledger>(), &claim()).await > Duration::from_secs(3));
    }
}

#[tokio::test(start_paused = true)]
async fn values_that_cannot_be_are_replaced() {
    let place = Place::new();
    let budget = place.budget::<Ledger>();
    budget.change(|_, _| ()).await;
    let now = budget.change(|_, now| now).await;
    let far = now.after(1000 * MINUTE);
    for ledger in [
        json!({"paused_until": far, "buckets": {}, "limits": {}, "learned": {"accepted": [], "limited": null, "rate": null}, "lost_at": null}),
        json!({"paused_until": null, "buckets": {"client": {"full_at": far}}, "limits": {}, "lost_at": far,
            "learned": {"accepted": [[far, 3]], "limited": {"began": far, "last": far}, "rate": {"per_minute": 6, "since": far}}}),
        json!({"paused_until": u64::MAX, "buckets": {"client": {"full_at": u64::MAX}}, "limits": {},
            "learned": {"accepted": [[u64::MAX, 4_000_000_000_u32]], "limited": null, "rate": null}, "lost_at": null}),
        json!({"of": "another version"}),
    ] {
        write_content(&place, &ledger.to_string());
        let (pause, learned) = budget.change(|ledger, _| (ledger.pause_left(), ledger.learned.known())).await;
        assert_eq!((pause, learned), (None, None), "{ledger}");
        // The clock started again, or was set: what was reserved before is not waited for.
        assert!(wait(&budget, &claim()).await < Duration::from_secs(10), "{ledger}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_is_not_taken() {
    let place = Place::new();
    let budget = place.budget::<SharedToken>();
    let hour = Duration::from_secs(3600);
    let store = async |asked_at, lifetime| budget.store(&Secret::from("token-of-this-test"), asked_at, lifetime).await;
    store(Instant::now(), hour).await;
    assert!(budget.token().await.is_some());
    tokio::time::advance(hour).await;
    assert!(budget.token().await.is_none(), "it has expired");
    for (asked_at, lifetime) in [
        (Instant::now() + hour, hour),
        (Instant::now(), Duration::from_secs(366 * 24 * 3600)),
        (Instant::now(), Duration::MAX),
    ] {
        store(asked_at, lifetime).await;
        assert!(budget.token().await.is_none(), "{lifetime:?}");
    }
}

/// Whether a budget is shared by a second one.
async fn shares(place: &Place) -> bool {
    let (one, other) = (place.budget::<Ledger>(), place.budget::<Ledger>());
    one.change(|ledger, now| ledger.pause(now, Duration::from_secs(20))).await;
    other.change(|ledger, _| ledger.pause_left()).await.is_some()
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn what_others_could_change_is_not_used() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();

    let place = Place::new();
    assert!(shares(&place).await);
    chmod(&place.folder(), 0o755);
    assert!(!shares(&place).await, "a folder that others can read");

    let place = Place::new();
    let elsewhere = place.0.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    chmod(&elsewhere, 0o700);
    symlink(&elsewhere, place.folder()).unwrap();
    assert!(!shares(&place).await, "a link in place of the folder");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);

    let place = Place::new();
    let kept = place.budget::<Ledger>();
    kept.change(|ledger, now| ledger.pause(now, Duration::from_secs(20))).await;
    chmod(&place.content(), 0o644);
    assert!(!shares(&place).await, "a file that others can read");
    let target = place.0.path().join("target");
    fs::write(&target, "not ours").unwrap();
    chmod(&target, 0o600);
    let content = place.content();
    fs::remove_file(&content).unwrap();
    symlink(&target, &content).unwrap();
    assert!(!shares(&place).await, "a link in place of a file");
    assert_eq!(fs::read_to_string(&target).unwrap(), "not ours");

    let place = Place::new();
    fs::write(place.folder(), "a file").unwrap();
    assert!(!shares(&place).await, "a file in place of the folder");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_keeps_the_lock_costs_the_others_only_the_sharing() {
    let place = Place::new();
    let (one, other) = (place.budget::<Ledger>(), place.budget::<Ledger>());
    one.change(|ledger, now| ledger.pause(now, Duration::from_secs(50))).await;
    other.change(|_, _| ()).await;
    let stopped = fs::File::open(place.content()).unwrap();
    stopped.try_lock().unwrap();
    let begin = Instant::now();
    for _ in 0..100 {
        let left = other.change(|ledger, _| ledger.pause_left()).await.unwrap();
        assert!(left > Duration::from_secs(45), "it goes on with what it knows: {left:?}");
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    one.change(|ledger, _| ledger.pause_left()).await;
    drop(stopped);
    // After a while both share again.
    tokio::time::advance(Duration::from_secs(31)).await;
    one.change(|ledger, now| ledger.pause(now, MINUTE)).await;
    assert!(other.change(|ledger, _| ledger.pause_left()).await.unwrap() > Duration::from_secs(55));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_late_removes_no_file_of_its_successors() {
    let place = Place::new();
    let (one, other) = (place.budget::<Ledger>(), place.budget::<Ledger>());
    one.change(|_, _| ()).await;
    // As another process does that found itself to be the last.
    for path in [place.content().with_extension("users"), place.content()] {
        fs::remove_file(path).unwrap();
    }
    other.change(|ledger, now| ledger.pause(now, MINUTE)).await;
    drop(one);
    assert!(place.budget::<Ledger>().change(|ledger, _| ledger.pause_left()).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_stopped_while_it_removes_the_files_is_joined_later() {
    let place = Place::new();
    let (one, other) = (place.budget::<Ledger>(), place.budget::<Ledger>());
    one.change(|_, _| ()).await;
    let users = place.content().with_extension("users");
    drop(one);
    let stopped = fs::File::create(users).unwrap();
    #[cfg(unix)]
    stopped.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    stopped.try_lock().unwrap();
    other.change(|ledger, now| ledger.pause(now, MINUTE)).await;
    drop(stopped);
    tokio::time::advance(Duration::from_secs(2)).await;
    other.change(|ledger, now| ledger.pause(now, MINUTE)).await;
    assert!(place.budget::<Ledger>().change(|ledger, _| ledger.pause_left()).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_limit_and_a_pause_outlive_the_last_process_for_as_long_as_they_count() {
    let place = Place::new();
    for _ in 0..20 {
        wait(&place.budget(), &claim()).await;
    }
    let next = wait(&place.budget(), &claim()).await;
    assert!(next > Duration::from_secs(35), "processes that run one after the other: {next:?}");
    place.budget::<Ledger>().change(|ledger, now| ledger.pause(now, MINUTE)).await;
    assert!(place.budget::<Ledger>().change(|ledger, _| ledger.pause_left()).await.is_some());
    tokio::time::advance(3 * MINUTE).await;
    place.budget::<Ledger>().change(|_, _| ()).await;
    assert_eq!(place.files(), [""; 0], "nothing of it counts any more");
}

#[tokio::test(start_paused = true)]
async fn files_that_nobody_has_used_for_long_are_removed_by_a_process_of_another_credential() {
    let place = Place::new();
    place.budget::<Ledger>().change(|ledger, now| ledger.pause(now, MINUTE)).await;
    let left = place.content();
    let used = place.budget_of::<Ledger>("another-one-of-this-test");
    used.change(|ledger, now| ledger.pause(now, MINUTE)).await;
    assert_eq!(place.files().len(), 4);
    for name in place.files() {
        let file = fs::File::options().write(true).open(place.folder().join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(4000)).unwrap();
    }
    place.budget_of::<Ledger>("a-third-one-of-this-test").change(|_, _| ()).await;
    let files = place.files();
    assert!(!files.iter().any(|name| left.ends_with(name)) && files.len() == 2, "{files:?}");
    assert!(used.change(|ledger, _| ledger.pause_left()).await.is_some(), "one that is in use stays");
}

#[tokio::test(start_paused = true)]
async fn processes_may_come_and_go_at_any_time() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let place = &place;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                runtime.block_on(async {
                    for round in 0..100_u32 {
                        let budget = place.budget::<SharedToken>();
                        let token = Secret::from(format!("{thread}-{round}"));
                        budget.store(&token, Instant::now(), MINUTE).await;
                        // As long as this one uses the file, nobody removes it.
                        assert!(place.budget::<SharedToken>().token().await.is_some());
                    }
                });
            });
        }
    });
    assert_eq!(place.files(), [""; 0]);
}

/// `cargo test --release --lib -- --ignored --nocapture cost_of_a_reservation`
#[tokio::test]
#[ignore = "measures"]
async fn cost_of_a_reservation() {
    let place = Place(tempfile::tempdir_in("/dev/shm").unwrap());
    let budget = place.budget::<Ledger>();
    let claim = Claim { per_minute: NonZeroU32::new(100_000_000), ..claim() };
    reserve(&budget, &claim).await;
    for (what, accepted) in [("a new file", 0), ("with two minutes of requests", 120)] {
        for second in 0..accepted {
            budget
                .change(|ledger, now| ledger.learned.accepted(now.before(Duration::from_secs(119 - second)), now))
                .await;
        }
        let begin = Instant::now();
        for _ in 0..2000 {
            reserve(&budget, &claim).await;
        }
        let reserved = begin.elapsed() / 2000;
        let begin = Instant::now();
        for _ in 0..2000 {
            budget.change(|ledger, _| ledger.pause_left()).await;
        }
        println!("{what}: {reserved:?} for a reservation, {:?} for a look at the pause", begin.elapsed() / 2000);
    }
}
