//! The comment on a pull request or merge request. A listener stands in for the API of GitHub or GitLab.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A request that the listener received.
#[derive(Clone)]
struct Request {
    /// Such as `POST /repos/acme/idv/issues/7/comments`.
    line: String,
    headers: String,
    body: String,
}

/// Answers requests for comments with `comments`, for the own user with the id 5, and every write with `status`.
struct Host {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Host {
    fn start(comments: &Value, status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (log, comments) = (Arc::clone(&requests), comments.to_string());
        // It ends with the process of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
                let length =
                    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).unwrap();
                let (line, headers) = head.split_once("\r\n").unwrap();
                let line = line.trim_end_matches(" HTTP/1.1").to_owned();
                let (status, answer) = match line.as_str() {
                    "GET /user" => (200, "{\"id\": 5}"),
                    read if read.starts_with("GET ") => (200, comments.as_str()),
                    _ => (status, "{}"),
                };
                log.lock().unwrap().push(Request {
                    line,
                    headers: headers.to_owned(),
                    body: String::from_utf8(body).unwrap(),
                });
                let head =
                    format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
                reader.into_inner().write_all(format!("{head}{answer}").as_bytes()).unwrap();
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// The two forms that write a comment themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    GitHub,
    GitLab,
}

/// Runs the step with a comment, and returns its exit code and whether it printed the token.
fn comment(form: Form, host: &Host, text: Option<&str>) -> i32 {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = text {
        fs::write(folder.path().join("comment.md"), text).unwrap();
    }
    let mut command = Command::new(super::pipelines("steps/comment.sh"));
    command.current_dir(folder.path()).env("NO_PROXY", "*").env_remove("GITHUB_REPOSITORY");
    match form {
        Form::GitHub => command
            .envs([("GITHUB_REPOSITORY", "acme/idv"), ("GITHUB_TOKEN", "token-1"), ("PULL_REQUEST", "7")])
            .env("GITHUB_API_URL", &host.address),
        Form::GitLab => command
            .envs([("CI_PROJECT_ID", "3"), ("CI_MERGE_REQUEST_IID", "7"), ("COMMENT_TOKEN", "token-1")])
            .env("CI_API_V4_URL", &host.address),
    };
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(!printed.contains("token-1"), "{printed}");
    eprintln!("{printed}");
    output.status.code().unwrap()
}

const MARKER: &str = "<!-- terraform-provider-idv: plan -->\n";

#[test]
fn the_first_comment_is_posted_and_a_later_one_replaces_it() {
    let own = json!([{"id": 41, "body": format!("{MARKER}old"), "user": {"login": "github-actions[bot]"}, "author": {"id": 5}}]);
    // Somebody else could write something else into it afterwards.
    let of_somebody_else =
        json!([{"id": 42, "body": format!("{MARKER}old"), "user": {"login": "mallory"}, "author": {"id": 6}}]);
    for (form, path, header, post, update) in [
        (
            Form::GitHub,
            "/repos/acme/idv/issues/7/comments",
            "Authorization: Bearer token-1",
            "POST",
            "PATCH /repos/acme/idv/issues/comments/41",
        ),
        (
            Form::GitLab,
            "/projects/3/merge_requests/7/notes",
            "PRIVATE-TOKEN: token-1",
            "POST",
            "PUT /projects/3/merge_requests/7/notes/41",
        ),
    ] {
        for (comments, expected) in [
            (json!([]), format!("{post} {path}")),
            (of_somebody_else.clone(), format!("{post} {path}")),
            (own.clone(), update.to_owned()),
        ] {
            let host = Host::start(&comments, 200);
            assert_eq!(comment(form, &host, Some("### \"What\" changes\n\n`$x` \\ ü\n")), 0);
            let requests = host.requests();
            let last = requests.last().unwrap();
            assert_eq!(last.line, expected);
            assert!(requests.iter().all(|request| request.headers.contains(header)));
            let body: Value = serde_json::from_str(&last.body).unwrap();
            assert_eq!(body["body"], format!("{MARKER}### \"What\" changes\n\n`$x` \\ ü\n"));
        }
    }
}

#[test]
fn a_plan_without_a_text_and_a_long_one_are_posted_too() {
    let host = Host::start(&json!([]), 201);
    assert_eq!(comment(Form::GitHub, &host, None), 0);
    assert_eq!(comment(Form::GitHub, &host, Some(&"x".repeat(100_000))), 0);
    let bodies: Vec<String> = host
        .requests()
        .iter()
        .filter(|request| request.line.starts_with("POST "))
        .map(|request| serde_json::from_str::<Value>(&request.body).unwrap()["body"].as_str().unwrap().to_owned())
        .collect();
    assert!(bodies[0].contains("### The plan failed"), "{bodies:?}");
    assert_eq!(bodies[1].len(), 65_536, "the limit of GitHub");
}

#[test]
fn a_refused_comment_fails_the_step() {
    for form in [Form::GitHub, Form::GitLab] {
        assert_ne!(comment(form, &Host::start(&json!([]), 403), Some("text")), 0);
    }
}
